/**
 * Logs of accounts between devices (SPEC PEER16): who has a message of a device that is in no log here asks for the log that names it.
 * It is given as the server signed it, and taken as if the server had given it: under its head, behind what is known, or as a fork.
 */
import { deviceOf } from '#protocol/account-lookups.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { signedHead } from '#protocol/head.ts'
import { idToText, textToId } from '#protocol/ids.ts'
import { PEER_FRAME_MAX, PEER_LOG_ENTRIES_MAX } from '#protocol/limits.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { encodePeerFrame, type PeerFrame } from '#protocol/peer-frames.ts'
import type { AccountId, ConversationId } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import { peerLimits } from './limits.ts'
import { Offence, sharedBy, type Sharing } from './offence.ts'

export interface AccountTalk {
	/** Asks whose these devices are, of each once. */
	readonly want: (conversation: ConversationId, devices: readonly Bytes[]) => void
	readonly hearAsk: (frame: Extract<PeerFrame, { t: 'askDevice' }>) => Promise<void>
	readonly hearAccount: (frame: Extract<PeerFrame, { t: 'account' }>) => Promise<void>
}

export interface AccountTalkDeps extends Sharing {
	readonly context: Pick<ConversationContext, 'accounts' | 'logs'>
	readonly transmit: (frame: Bytes) => void
	/** More is known of who writes there. */
	readonly met: (conversation: ConversationId) => Promise<void>
}

export function createAccountTalk({ transmit, met, ...deps }: AccountTalkDeps): AccountTalk {
	const { accounts, logs } = deps.context
	const asked = new Set<string>()
	/** Of those what has not come: each is answered once, if at all. */
	const open = new Map<string, ConversationId>()
	let given = 0

	const people = (conversation: ConversationId): readonly AccountId[] => [
		...(logs.known(conversation)?.roles.keys() ?? []),
	]

	return {
		want: (conversation, devices) => {
			const id = textToId('conversation', conversation)
			for (const device of devices) {
				const name = bytesToBase64url(device)
				if (id === null || asked.has(name) || asked.size >= peerLimits.devicesAsked) continue
				asked.add(name)
				open.set(name, conversation)
				transmit(encodePeerFrame({ t: 'askDevice', conversation: id, device }))
			}
		},
		hearAsk: async ({ conversation: id, device }) => {
			const conversation = sharedBy(deps, id)
			if (++given > peerLimits.devicesAsked) throw new Offence('more devices than one asks about')
			const isOf = (account: AccountId) => {
				const state = accounts.known(account)
				return state !== null && deviceOf(state, device) !== null
			}
			const account = conversation === null ? undefined : people(conversation).find(isOf)
			const idHash = account === undefined ? null : textToId('account', account)
			if (account === undefined || idHash === null) return
			const { entries, person } = await accounts.kept(account)
			const head = person?.head ?? null
			// Beyond the head nothing is anybody's word.
			const covered = head === null ? [] : entries.slice(0, head.seq + 1)
			if (head === null || covered.length > PEER_LOG_ENTRIES_MAX) return
			const frame = encodePeerFrame({
				...{ t: 'account', device, idHash, head: encode(signedHead, head) },
				entries: covered.map((entry) => encode(signedEntry, entry)),
				...{ g: person?.ak?.g ?? 0, key: person?.ak?.key ?? (new Uint8Array() as Bytes) },
			})
			if (frame.length <= PEER_FRAME_MAX) transmit(frame)
		},
		hearAccount: async ({ device, idHash, entries, head, g, key }) => {
			const name = bytesToBase64url(device)
			const conversation = open.get(name)
			if (conversation === undefined || !open.delete(name)) throw new Offence('a log that nobody asked for')
			const account = idToText(idHash)
			if (!people(conversation).includes(account)) return
			const log = { from: 0, entries: entries.map(bytesToBase64url), head: bytesToBase64url(head) }
			await accounts.told(account, { log, ak: { g, key: bytesToBase64url(key) } })
			await met(conversation)
		},
	}
}
