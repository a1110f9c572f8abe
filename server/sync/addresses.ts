/**
 * What one address may have and try: sockets, sockets that have not proven themselves, attempts. An attempt that ends in a
 * proof costs nothing, so many people behind one address are no attack, and who proves nothing soon gets no socket at all.
 */
import type { Clock } from '#protocol/ports.ts'
import { createRates, type Rate } from '#server/domain/events/rates.ts'

export interface AddressLimits {
	/** Open sockets. */
	readonly sockets: number
	/** Of them not proven yet. */
	readonly strangers: number
	/** Attempts that end without a proof. */
	readonly attempts: Rate
}

/** One socket of an address, from the request for it to its end. */
export interface Knock {
	proven(): void
	gone(): void
}

export interface Addresses {
	/** Null: no socket for this address now. */
	knock(address: string): Knock | null
}

interface Counts {
	sockets: number
	strangers: number
}

export function createAddresses(limits: AddressLimits, clock: Clock): Addresses {
	const counts = new Map<string, Counts>()
	const attempts = createRates(limits.attempts, clock)

	const isFull = (address: string): boolean => {
		const { sockets, strangers } = counts.get(address) ?? { sockets: 0, strangers: 0 }
		return sockets >= limits.sockets || strangers >= limits.strangers || attempts.wait(address, 1) !== null
	}

	const enter = (address: string): Counts => {
		const known = counts.get(address) ?? { sockets: 0, strangers: 0 }
		counts.set(address, known)
		known.sockets++
		known.strangers++
		attempts.take(address, 1)
		return known
	}

	return {
		knock: (address) => {
			if (isFull(address)) return null
			const count = enter(address)
			let isStranger = true
			let isHere = true
			const noStranger = (): void => {
				if (!isStranger) return
				isStranger = false
				count.strangers--
			}
			return {
				proven: () => {
					if (!isStranger) return
					noStranger()
					attempts.take(address, -1)
				},
				gone: () => {
					if (!isHere) return
					isHere = false
					noStranger()
					if (--count.sockets === 0) counts.delete(address)
				},
			}
		},
	}
}
