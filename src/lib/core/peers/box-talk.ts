/**
 * Keys of epochs between devices (SPEC PEER13): who has a log by a peer, and no box of the server yet, asks for them. Whoever holds one
 * seals it anew to the account's newest verified key; what is opened counts where the log commits to it, whoever sealed it.
 */
import { sealEpochBox } from '#crypto/boxes.ts'
import { boxCodec } from '#protocol/box.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { mayRead, readsEpoch } from '#protocol/conversation-lookups.ts'
import { PEER_BOXES_MAX } from '#protocol/limits.ts'
import { textToId } from '#protocol/ids.ts'
import type { PeerFrame } from '#protocol/peer-frames.ts'
import type { AccountId, ConversationId } from '../api.ts'
import { targetOf } from '../box-targets.ts'
import type { ConversationContext } from '../context.ts'
import { Offence, sharedBy, type Sharing } from './offence.ts'

export interface BoxTalk {
	/** Asks for what is lacking, each once. */
	readonly want: (conversation: ConversationId) => Promise<void>
	readonly hearAsk: (frame: Extract<PeerFrame, { t: 'askBoxes' }>) => Promise<void>
	readonly hearBox: (frame: Extract<PeerFrame, { t: 'box' }>) => Promise<void>
}

export interface BoxTalkDeps extends Sharing {
	readonly context: Pick<ConversationContext, 'accounts' | 'crypto' | 'forks' | 'keyring' | 'logs' | 'self'>
	/** Of the other device. */
	readonly account: AccountId
	readonly send: (frame: PeerFrame) => void
}

export function createBoxTalk({ account, send, ...deps }: BoxTalkDeps): BoxTalk {
	const { accounts, crypto, forks, keyring, logs, self } = deps.context
	const asked = new Set<string>()
	/** Of those what has not come: each is answered once. */
	const open = new Set<string>()
	const given = new Set<string>()
	const nameOf = (conversation: ConversationId, epoch: number) => `${conversation} ${epoch}`

	/** The newest first: what a back link leads to needs no box. */
	async function lacking(conversation: ConversationId): Promise<readonly number[]> {
		const state = logs.known(conversation)
		const epochs: number[] = []
		for (const { n } of state?.epochs.toReversed() ?? []) {
			const isOurs = state !== null && readsEpoch(state, self.idHash, n)
			if (!isOurs || asked.has(nameOf(conversation, n)) || epochs.length === PEER_BOXES_MAX) continue
			if ((await keyring.keys(conversation, n)) === null) epochs.push(n)
		}
		return epochs
	}

	/** Sealing costs more than asking: each is sealed to it once. */
	async function give(conversation: ConversationId, id: Bytes, epoch: number): Promise<void> {
		const state = logs.known(conversation)
		const idHash = textToId('account', account)
		if (state === null || idHash === null || given.has(nameOf(conversation, epoch))) return
		const key = mayRead(state, idHash, epoch) ? await keyring.secret(conversation, epoch) : null
		const target = key === null ? null : await targetOf({ accounts, forks }, account, false)
		if (key === null || target?.ok !== true) return
		given.add(nameOf(conversation, epoch))
		const { g, accountKey: publicKey } = target.value
		const box = await sealEpochBox(crypto, { idHash, g, publicKey }, key)
		send({ t: 'box', conversation: id, epoch, g, box })
	}

	return {
		want: async (conversation) => {
			const id = textToId('conversation', conversation)
			const epochs = await lacking(conversation)
			if (id === null || epochs.length === 0) return
			for (const epoch of epochs) [asked, open].forEach((names) => names.add(nameOf(conversation, epoch)))
			send({ t: 'askBoxes', conversation: id, epochs })
		},
		hearAsk: async ({ conversation: id, epochs }) => {
			const conversation = sharedBy(deps, id)
			if (conversation !== null) for (const epoch of epochs) await give(conversation, id, epoch)
		},
		hearBox: async ({ conversation: id, epoch, g, box }) => {
			const conversation = sharedBy(deps, id)
			if (!open.delete(nameOf(bytesToBase64url(id), epoch))) throw new Offence('a box that nobody asked for')
			const received = { epoch, g, box: bytesToBase64url(encode(boxCodec, box)) }
			if (conversation !== null) await logs.takeBoxes(conversation, [received])
		},
	}
}
