/**
 * Why to stop waiting for a timer: the network came back, or somebody looks at a screen again. Whichever tab notices, the core
 * runs in the one that leads: all of them are told.
 */
import type { Wire } from './wire.ts'

export interface Wake {
	readonly listen: (listener: () => void) => () => void
	readonly fire: () => void
}

/** `shared`: heard by all other tabs of the origin. */
export function createWake(shared: Wire): Wake {
	const listeners = new Set<() => void>()
	const tell = () => listeners.forEach((listener) => listener())
	shared.listen(tell)
	return {
		listen: (listener) => {
			listeners.add(listener)
			return () => void listeners.delete(listener)
		},
		fire: () => {
			tell()
			shared.post({})
		},
	}
}
