/**
 * That something in the directory of open rooms changed, as the server tells it while a screen looks there. What stands in it the
 * screen asks for (`openRooms`).
 */
import type { HubFromServer } from '#protocol/hub.ts'
import type { Connection } from '#sync/connection.ts'

export interface DirectoryNews {
	/** How often something changed; another number is news. */
	readonly count: () => number
	/** A screen looks there, or none any more. */
	readonly look: () => void
	readonly hub: (message: HubFromServer) => void
	/** No longer connected: the next connection asks anew. */
	readonly lost: () => void
}

export interface DirectoryNewsDeps {
	readonly send: Connection['send']
	readonly isWatched: () => boolean
	readonly changed: () => void
}

export function createDirectoryNews({ send, isWatched, changed }: DirectoryNewsDeps): DirectoryNews {
	let count = 0
	let asked = false

	function look(): void {
		const watch = isWatched()
		if (watch !== asked && send({ t: 'rooms', watch })) asked = watch
	}

	return {
		count: () => count,
		look,
		lost: () => {
			asked = false
		},
		hub: (message) => {
			if (message.t === 'welcome') look()
			if (message.t !== 'rooms') return
			count++
			changed()
		},
	}
}
