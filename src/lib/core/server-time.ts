/** Time by the server's clock: presence, hlc and shown times agree across devices whose own clocks do not. */
import type { Clock } from '#protocol/ports.ts'
import type { ServerTime } from './identity.ts'

export function createServerTime(clock: Clock): ServerTime {
	let offset = 0
	return {
		now: () => Math.round(clock() + offset),
		observe: (serverTime) => {
			offset = serverTime - clock()
		},
	}
}
