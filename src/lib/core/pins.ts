/**
 * Pinned contacts (SPEC VLT, F3): under which identity we know somebody, how we learned it, and the furthest head of the
 * log that we have seen. They live in the vault, so every device of the account has them.
 */
import type { AccountState } from '#protocol/account-state.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { Decoded } from '#protocol/codec.ts'
import { standingOf } from '#protocol/account-lookups.ts'
import type { pin } from '#protocol/vault.ts'

export type Pin = Decoded<typeof pin>

export interface Pins {
	readonly of: (idHash: Bytes) => Pin | null
	readonly all: () => readonly Pin[]
	/** A log that is shorter than the pinned head, or passes it by: not the log that we know. */
	readonly contradicts: (state: AccountState) => boolean
}

/** `pins`: the vault's list as it is now. */
export function createPins(pins: () => readonly Pin[]): Pins {
	const of = (idHash: Bytes) => pins().find((pin) => equalBytes(pin.idHash, idHash)) ?? null
	return {
		of,
		all: pins,
		contradicts: (state) => {
			const pin = of(state.idHash)
			return pin !== null && standingOf(state, pin.head) !== 'in'
		},
	}
}

const strength: Readonly<Record<Pin['how'], number>> = { 'first-use': 1, link: 2, compared: 3 }

/** Pins only grow: the stronger way of learning stays, the newer name and the further head win. */
export function withPin(pins: readonly Pin[], next: Pin): readonly Pin[] {
	const key = bytesToBase64url(next.idHash)
	const before = pins.find((pin) => bytesToBase64url(pin.idHash) === key)
	const how = before !== undefined && strength[before.how] > strength[next.how] ? before.how : next.how
	const head = before !== undefined && before.head.seq > next.head.seq ? before.head : next.head
	const name = next.name === '' ? (before?.name ?? '') : next.name
	return [...pins.filter((pin) => bytesToBase64url(pin.idHash) !== key), { ...next, how, head, name }]
}

/** The same for an account whose log nobody here has seen: the head that was pinned before is no better than the new one. */
export function withUnseenPin(pins: readonly Pin[], next: Pin): readonly Pin[] {
	return withPin(
		pins.map((pin) => (equalBytes(pin.idHash, next.idHash) ? { ...pin, head: next.head } : pin)),
		next,
	)
}
