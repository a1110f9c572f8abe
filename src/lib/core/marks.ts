/**
 * Markers of a conversation (SPEC MRK): how far each member has received and read. Own ones go out sealed and signed, and
 * are repeated after a reconnect; others' are verified, opened and kept by their maximum. They never go back.
 */
import { markerClaim, openMarker, sealMarker } from '#crypto/marker-seal.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import { base64urlToBytes, bytesToBase64url } from '#protocol/bytes.ts'
import { decode, encode, struct, time8, versioned } from '#protocol/codec.ts'
import { textToId } from '#protocol/ids.ts'
import { hlcTime } from '#protocol/hlc.ts'
import { signedMarker } from '#protocol/marker.ts'
import { conversationRange, markerKey } from '#store/keys.ts'
import type { AccountId, ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import { markerRow, markerStepsMax, type MarkerStep } from './conversation-rows.ts'
import { createQueue } from './queue.ts'

/** How far we have read, for our own devices alone. */
const readPosition = versioned(1, struct({ recvSeq: time8 }))

export type MarkerKind = 'read' | 'delivered'

export interface Marks {
	readonly restore: () => Promise<void>
	readonly reached: (kind: MarkerKind, account: AccountId) => number
	/** When somebody reached a message, as told: null before. `at` null: longer ago than is kept. */
	readonly when: (kind: MarkerKind, account: AccountId, recvSeq: number) => { readonly at: number | null } | null
	/** Own progress: kept, and sent now or at the next chance. */
	readonly advance: (kind: MarkerKind, recvSeq: number) => Promise<void>
	/** A marker as it came from the server; true when it moved something. */
	readonly take: (account: AccountId, marker: string) => Promise<boolean>
	/** After a reconnect: what the server may not have. */
	readonly resend: () => Promise<void>
}

export function createMarks(conversation: ConversationId, context: ConversationContext): Marks {
	const { crypto, self, records, keyring, accounts, friends, hybridClock, connection, logs, privacy, entries, views } =
		context
	const { afterReading } = context
	const readName = `read/${conversation}`
	const reached = new Map<string, readonly MarkerStep[]>()
	const sent = new Map<MarkerKind, number>()
	const queue = createQueue()

	const key = (kind: MarkerKind, account: AccountId) => markerKey(conversation, kind, account)
	const stepsOf = (kind: MarkerKind, account: AccountId) => reached.get(key(kind, account)) ?? []
	const reachedBy = (kind: MarkerKind, account: AccountId) => stepsOf(kind, account).at(-1)?.recvSeq ?? 0
	/** Who shows nothing of his own sees nothing of theirs. */
	const isSeen = (kind: MarkerKind, account: AccountId) =>
		kind === 'delivered' || account === self.account || privacy.now().receipts

	/** Durable before it counts: a mark that was shown once is shown after a crash too. */
	const keep = (kind: MarkerKind, account: AccountId, at: { recvSeq: number; hlc: bigint }): Promise<boolean> =>
		queue.run('keep', async () => {
			if (at.recvSeq <= reachedBy(kind, account)) return false
			const steps = [...stepsOf(kind, account), at].slice(-markerStepsMax)
			await records.put(markerRow, { store: 'markers', key: key(kind, account) }, steps)
			reached.set(key(kind, account), steps)
			if (kind === 'read' && account === self.account) await afterReading.read(conversation, at.recvSeq)
			return true
		})

	/** After the end of a friendship nothing more is told, and by a guest nothing ever. */
	function isTold(kind: MarkerKind): boolean {
		if (self.isGuest) return false
		const state = logs.known(conversation)
		const others = [...(state?.members.keys() ?? [])].filter((account) => account !== self.account)
		const reaches = state?.kind !== 'dm' || others.every((account) => friends.stateOf(account) === 'accepted')
		return reaches && (kind === 'delivered' || privacy.now().receipts)
	}

	/** Where no marker tells the own other devices, an account entry does. */
	async function share(): Promise<void> {
		const value = encode(readPosition, { recvSeq: reachedBy('read', self.account) })
		await entries.put(readName, value)
	}

	async function takeShared(): Promise<void> {
		const value = entries.value(readName)
		const position = value === null ? null : decode(readPosition, value)
		if (position?.ok !== true || position.value.recvSeq <= reachedBy('read', self.account)) return
		const { hlc } = await hybridClock.next()
		if (!(await keep('read', self.account, { recvSeq: position.value.recvSeq, hlc }))) return
		views.changed('conversation', conversation)
		views.changed('chats')
	}

	entries.onChange(() => void takeShared().catch((error: unknown) => context.failed('marks', error)))

	async function send(kind: MarkerKind): Promise<void> {
		const recvSeq = reachedBy(kind, self.account)
		if (!isTold(kind)) return
		if (recvSeq === 0 || sent.get(kind) === recvSeq || connection.state().type !== 'online') return
		const epoch = await keyring.keys(conversation, logs.known(conversation)?.epochs.length ?? 0)
		if (epoch === null) return
		const { hlc } = await hybridClock.next()
		const marker = await sealMarker(crypto, { epoch, device: self.keys }, { idHash: self.idHash, kind, hlc, recvSeq })
		const told = connection.send({ t: 'marker', conversation, marker: bytesToBase64url(encode(signedMarker, marker)) })
		if (told) sent.set(kind, recvSeq)
	}

	async function open(account: AccountId, text: string) {
		const raw = base64urlToBytes(text)
		const idHash = textToId('account', account)
		const marker = raw === null ? null : decode(signedMarker, raw)
		if (marker?.ok !== true || idHash === null || logs.known(conversation)?.members.has(account) !== true) return null
		const state = accounts.known(account)
		const device = state === null ? null : deviceOf(state, marker.value.device)
		const epoch = await keyring.keys(conversation, marker.value.epoch)
		if (device === null || epoch === null) return null
		const about = { conversation: epoch.conversation, idHash, signingKey: device.signingKey }
		const [valid] = await crypto.verify([markerClaim(crypto, marker.value, about)])
		const recvSeq = valid === true ? await openMarker(crypto, { epoch, idHash }, marker.value) : null
		return recvSeq === null ? null : { kind: marker.value.kind, recvSeq, hlc: marker.value.hlc }
	}

	return {
		restore: async () => {
			for (const { key, value } of await records.all(markerRow, 'markers', conversationRange(conversation))) {
				reached.set(key, value)
			}
			// Entries may have come before the conversation did, and outlive its rows.
			await takeShared()
		},
		reached: (kind, account) => (isSeen(kind, account) ? reachedBy(kind, account) : 0),
		when: (kind, account, recvSeq) => {
			const steps = isSeen(kind, account) ? stepsOf(kind, account) : []
			const index = steps.findIndex((step) => step.recvSeq >= recvSeq)
			if (index < 0) return null
			// Before the first that is kept there may have been others.
			const isKnown = index > 0 || steps.length < markerStepsMax
			return { at: isKnown ? hlcTime((steps[index] as MarkerStep).hlc) : null }
		},
		advance: async (kind, recvSeq) => {
			const { hlc } = await hybridClock.next()
			if (!(await keep(kind, self.account, { recvSeq, hlc }))) return
			if (kind === 'read' && !isTold(kind)) await share()
			else await send(kind)
		},
		take: async (account, text) => {
			const opened = await open(account, text)
			return opened !== null && keep(opened.kind, account, opened)
		},
		resend: async () => {
			sent.clear()
			await send('delivered')
			await send('read')
		},
	}
}
