/**
 * Keys of the epochs of conversations: from the own box, or by a back link from a later key; checked against the log's
 * commit, kept sealed at rest, derived once. A key that does not match is never stored (SPEC EPO).
 */
import { openEpochBox } from '#crypto/boxes.ts'
import { deriveEpochKeys, openBack, type EpochKey, type EpochKeys } from '#crypto/epoch.ts'
import type { Crypto } from '#crypto/suite.ts'
import { boxCodec } from '#protocol/box.ts'
import { base64urlToBytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText, textToId } from '#protocol/ids.ts'
import { boxKey } from '#store/keys.ts'
import type { ConversationId } from './api.ts'
import { epochRow } from './conversation-rows.ts'
import type { Self } from './identity.ts'
import type { Records } from './records.ts'

export interface ReceivedBox {
	readonly epoch: number
	readonly g: number
	/** base64url of box.ts. */
	readonly box: string
}

export interface EpochKeyring {
	/** From memory or store. Null: no box came yet, or none that opens. */
	readonly keys: (conversation: ConversationId, n: number) => Promise<EpochKeys | null>
	/** The key itself, to seal it to others or to lead a new epoch back to it. */
	readonly secret: (conversation: ConversationId, n: number) => Promise<EpochKey | null>
	/** A key that opened by a link, checked against its commit, and all that it leads back to. True where one of them is new. */
	readonly adopt: (state: ConversationState, key: EpochKey) => Promise<boolean>
	/** The back link of this epoch leads to no key that the log commits to: the next one points past it. */
	readonly isBackBad: (conversation: ConversationId, n: number) => boolean
	/** Opens boxes as they came from the server; bad ones are left out and stay missing. True where a key is new. */
	readonly takeBoxes: (state: ConversationState, boxes: readonly ReceivedBox[]) => Promise<boolean>
}

export function createEpochKeyring(deps: { records: Records; crypto: Crypto; self: Self }): EpochKeyring {
	const { records, crypto, self } = deps
	const derived = new Map<string, EpochKeys>()
	const badBacks = new Set<string>()

	async function keep(conversation: ConversationId, key: EpochKey): Promise<void> {
		const at = { store: 'boxes', key: boxKey(conversation, key.n) } as const
		await records.put(epochRow, at, { key: key.secret })
		derived.set(at.key, deriveEpochKeys(key))
	}

	async function keys(conversation: ConversationId, n: number): Promise<EpochKeys | null> {
		const key = boxKey(conversation, n)
		const known = derived.get(key)
		if (known !== undefined) return known
		const row = await records.get(epochRow, { store: 'boxes', key })
		const id = textToId('conversation', conversation)
		if (row === null || id === null) return null
		const made = deriveEpochKeys({ conversation: id, n, secret: row.key })
		derived.set(key, made)
		return made
	}

	async function secret(conversation: ConversationId, n: number): Promise<EpochKey | null> {
		const row = await records.get(epochRow, { store: 'boxes', key: boxKey(conversation, n) })
		const id = textToId('conversation', conversation)
		return row === null || id === null ? null : { conversation: id, n, secret: row.key }
	}

	/** From each key that is held, newest first, to the one that it leads to. */
	async function followBacks(state: ConversationState): Promise<boolean> {
		const text = idToText(state.id)
		let isNew = false
		for (const { n, back } of state.epochs.toReversed()) {
			const commit = back === null ? undefined : state.epochs[back.m - 1]?.commit
			const at = boxKey(text, n)
			if (back === null || commit === undefined || badBacks.has(at)) continue
			if ((await keys(text, n)) === null || (await keys(text, back.m)) !== null) continue
			const opened = await openBack(crypto, (await secret(text, n)) as EpochKey, { back, commit })
			if (opened.ok) await keep(text, opened.value)
			else badBacks.add(at)
			isNew ||= opened.ok
		}
		return isNew
	}

	/** Who holds what a new epoch leads back to, sees at once where it does not. */
	async function checkBack(state: ConversationState, n: number): Promise<void> {
		const text = idToText(state.id)
		const back = state.epochs[n - 1]?.back ?? null
		const commit = back === null ? undefined : state.epochs[back.m - 1]?.commit
		const key = await secret(text, n)
		if (back === null || commit === undefined || key === null) return
		if (!(await openBack(crypto, key, { back, commit })).ok) badBacks.add(boxKey(text, n))
	}

	async function takeBox(state: ConversationState, received: ReceivedBox): Promise<boolean> {
		const conversation = state.id
		const epoch = state.epochs.find(({ n }) => n === received.epoch)
		const seed = self.accountKey(received.g)
		const raw = base64urlToBytes(received.box)
		if (epoch === undefined || seed === null || raw === null) return false
		const text = idToText(conversation)
		if ((await keys(text, epoch.n)) !== null) return false
		const box = decode(boxCodec, raw)
		if (!box.ok) return false
		const by = { idHash: self.idHash, g: received.g, seed }
		const opened = await openEpochBox(crypto, by, { conversation, n: epoch.n, commit: epoch.commit, box: box.value })
		if (opened.ok) await keep(text, opened.value)
		if (opened.ok) await checkBack(state, epoch.n)
		return opened.ok
	}

	return {
		keys,
		secret,
		isBackBad: (conversation, n) => badBacks.has(boxKey(conversation, n)),
		adopt: async (state, key) => {
			const isNew = (await keys(idToText(state.id), key.n)) === null
			if (isNew) await keep(idToText(state.id), key)
			return (await followBacks(state)) || isNew
		},
		takeBoxes: async (state, boxes) => {
			let isNew = false
			// The newest first: what a back link gives needs no box.
			for (const box of boxes.toSorted((a, b) => b.epoch - a.epoch)) isNew = (await takeBox(state, box)) || isNew
			return (await followBacks(state)) || isNew
		},
	}
}
