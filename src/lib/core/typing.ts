/**
 * Typing in one conversation, through the encrypted awareness of its newest page. A value says only "typing"; who says
 * it follows from the device that sealed it, and it counts only for members, on the clientID that it was sealed for.
 */
import { openAwareness, sealAwareness } from '#crypto/awareness-seal.ts'
import type { EpochKeys } from '#crypto/epoch.ts'
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { bool, decode, encode, struct, versioned } from '#protocol/codec.ts'
import { sealedAwareness } from '#protocol/epoch-keys.ts'
import type { PageSession } from '#sync/page-session.ts'
import type { AccountId, ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import { createQueue } from './queue.ts'

const presence = versioned(1, struct({ typing: bool }))

/** Without a new word typing ends by itself, ms. */
const typingLasts = 6_000

export interface Typing {
	/** Others who type now. */
	readonly now: () => readonly AccountId[]
	/** Own state; sent when it changes, and ended when nothing more comes. */
	readonly set: (page: PageSession | null, typing: boolean) => Promise<void>
	/** Sealed values as the page's awareness has them. */
	readonly take: (guid: string, values: ReadonlyMap<number, Bytes>) => Promise<boolean>
}

export function createTyping(conversation: ConversationId, context: ConversationContext): Typing {
	const { crypto, self, keyring, logs, accounts, friends, privacy, timers, failed } = context
	let others: readonly AccountId[] = []
	let mine = false
	/** Under which awareness id it was said: a page that turned, or was made anew, knows nothing of it. */
	let saidAs: number | null = null
	let cancelEnd = () => {}
	let turn = 0
	const queue = createQueue()

	const newestEpoch = () => keyring.keys(conversation, logs.known(conversation)?.epochs.length ?? 0)

	/** Who shows it sees it; of the two of a direct conversation only while they are friends. */
	function isShared(account: AccountId): boolean {
		const isDirect = logs.known(conversation)?.kind === 'dm'
		return privacy.now().typing && (!isDirect || friends.stateOf(account) === 'accepted')
	}

	/** May the others see that we type? */
	function maySay(): boolean {
		const others = [...(logs.known(conversation)?.members.keys() ?? [])].filter((account) => account !== self.account)
		return others.some(isShared)
	}

	/** The account of a member's device; null for any other. */
	function accountOf(device: Bytes): AccountId | null {
		const members = logs.known(conversation)?.members.keys() ?? []
		for (const account of members) {
			for (const known of accounts.known(account)?.devices.values() ?? []) {
				if (known.ended === null && equalBytes(known.deviceId, device)) return account
			}
		}
		return null
	}

	async function open(epoch: EpochKeys, guid: string, entry: readonly [number, Bytes]): Promise<AccountId | null> {
		const sealed = decode(sealedAwareness, entry[1])
		if (!sealed.ok) return null
		const plain = await openAwareness(crypto, epoch, { guid, clientId: entry[0], value: sealed.value })
		const value = plain === null ? null : decode(presence, plain)
		return value?.ok === true && value.value.typing ? accountOf(sealed.value.device) : null
	}

	async function send(page: PageSession, typing: boolean): Promise<void> {
		const epoch = await newestEpoch()
		if (epoch === null) return
		const place = { guid: page.guid, clientId: page.awarenessId }
		const plaintext = encode(presence, { typing })
		const value = await sealAwareness(crypto, epoch, { ...place, device: self.deviceId, plaintext })
		page.setAwareness(encode(sealedAwareness, value))
	}

	const typing: Typing = {
		now: () => others.filter(isShared),
		set: async (page, wanted) => {
			const on = wanted && maySay()
			cancelEnd()
			if (on)
				cancelEnd = timers.after(
					typingLasts,
					() => void typing.set(page, false).catch((error: unknown) => failed('typing', error)),
				)
			if (page === null || (on === mine && (!on || page.awarenessId === saidAs))) return
			mine = on
			saidAs = page.awarenessId
			await queue.run('say', () => send(page, on))
		},
		take: async (guid, values) => {
			const ownTurn = ++turn
			const epoch = await newestEpoch()
			const opened = epoch === null ? [] : await Promise.all([...values].map((entry) => open(epoch, guid, entry)))
			// An empty list opens faster than the longer one before it.
			if (ownTurn !== turn) return false
			const next = [...new Set(opened.filter((account) => account !== null && account !== self.account))] as AccountId[]
			const same = next.length === others.length && next.every((account, i) => account === others[i])
			others = next
			return !same
		},
	}
	return typing
}
