/**
 * People whose accounts were made by the real builders of the crypto room, a server key that signs their heads, and pens
 * that write events: what unit tests of the core stand on. Nothing here is a stand-in but the network.
 */
import { createAccount, type CreatedAccount } from '#crypto/account-builder.ts'
import { addDeviceEntry, offerDevice } from '#crypto/account-builder.ts'
import { createDirect, type CreatedConversation } from '#crypto/conversation-builder.ts'
import { generateDeviceKeys, type DeviceKeys, type NewDeviceKeys } from '#crypto/device-keys.ts'
import { deriveEpochKeys, type EpochKeys } from '#crypto/epoch.ts'
import { placeEvent, sealEvent } from '#crypto/event-seal.ts'
import { generateSigningKey, signEntry, type SigningKey } from '#crypto/signing-key.ts'
import { createCrypto, type Crypto } from '#crypto/suite.ts'
import { deriveMethodKeys, type MethodKeys } from '#crypto/unlock-methods.ts'
import { encodeAccountBody, type AccountBody } from '#protocol/account-log.ts'
import { verifyAccountLog, type AccountState } from '#protocol/account-state.ts'
import { boxCodec } from '#protocol/box.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { verifyConversationLog, type ConversationState } from '#protocol/conversation-state.ts'
import { clientIdOf, encodeItem, type Place } from '#protocol/envelope.ts'
import { guidOf } from '#protocol/guid.ts'
import { encodeHeadBody, signedHead } from '#protocol/head.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { idToText, padConversationId } from '#protocol/ids.ts'
import { signedEntry, type LogHead, type SignedEntry } from '#protocol/log-entry.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import type { Body } from '#protocol/plaintext.ts'
import { seededRandom } from './seeded-random.ts'

export const storyTime = 1_700_000_000_000

/** An account, and everything that only its owner knows. */
export interface CoreActor extends CreatedAccount {
	readonly name: string
	readonly id: string
	readonly password: MethodKeys
	readonly entries: SignedEntry[]
	readonly state: () => Promise<AccountState>
}

export interface CorePeople {
	readonly crypto: Crypto
	readonly serverKey: Bytes
	readonly person: (name: string) => Promise<CoreActor>
	/** base64url of a head that the server signed; by another key when told. */
	readonly head: (subject: Bytes, head: LogHead, by?: SigningKey) => Promise<string>
	/** What GET /accounts/{account}/log answers: from entry `from` on, up to `upTo` entries in all. */
	readonly accountLog: (of: CoreActor, range?: { from?: number; upTo?: number }) => Promise<AccountLogAnswer>
}

export interface AccountLogAnswer {
	readonly name: string
	readonly log: { readonly from: number; readonly entries: readonly string[]; readonly head: string }
	readonly ak: { readonly g: number; readonly key: string }
	readonly profile: string | null
}

export const entryText = (entry: SignedEntry): string => bytesToBase64url(encode(signedEntry, entry))

async function stateOf(crypto: Crypto, entries: readonly SignedEntry[]): Promise<AccountState> {
	const verified = await verifyAccountLog({ entries, hash: crypto.hash, verify: crypto.verify })
	if (!verified.ok) throw new Error(JSON.stringify(verified.error))
	return verified.value
}

export async function corePeople(seed: string): Promise<CorePeople> {
	const crypto = await createCrypto({ random: seededRandom(seed), keyForm: 'seed' })
	const server = await generateSigningKey(crypto)
	const instanceEpoch = new Uint8Array(16) as Bytes

	const head: CorePeople['head'] = async (subject, { seq, hash }, by = server) => {
		const body = { instanceEpoch, subject, seq, hash }
		const signature = await by.sign('head', encodeHeadBody(body))
		return bytesToBase64url(encode(signedHead, { ...body, signature }))
	}

	return {
		crypto,
		serverKey: server.publicKey,
		head,
		person: async (name) => {
			const password = await deriveMethodKeys(crypto, 'password', crypto.random(64))
			const recovery = await deriveMethodKeys(crypto, 'recovery', crypto.random(20))
			const created = await createAccount(crypto, { methods: [password, recovery], now: storyTime })
			const entries = [created.create]
			return {
				...created,
				name,
				id: idToText(created.idHash),
				password,
				entries,
				state: () => stateOf(crypto, entries),
			}
		},
		accountLog: async ({ name, entries, idHash, kemKeys }, { from = 0, upTo = entries.length } = {}) => {
			const { head: last } = await stateOf(crypto, entries.slice(0, upTo))
			return {
				name,
				log: { from, entries: entries.slice(from, upTo).map(entryText), head: await head(idHash, last) },
				ak: { g: 0, key: bytesToBase64url(kemKeys[0] as Bytes) },
				profile: null,
			}
		},
	}
}

/** Another device of the account, certified by the password. */
export async function addDevice(crypto: Crypto, to: CoreActor): Promise<NewDeviceKeys> {
	const device = await generateDeviceKeys(crypto)
	const { head, vk } = await to.state()
	const offer = await offerDevice(crypto, device, to.idHash)
	const by = { by: { method: to.password }, offer, vkGen: vk.gen, vaultKey: to.vaultKey }
	const { entry } = await addDeviceEntry(crypto, { head, now: storyTime + 1000 * to.entries.length }, by)
	to.entries.push(entry)
	return device
}

/** The account ends the right of one of its devices; the new keys are nobody's. */
export async function revokeDevice(crypto: Crypto, of: CoreActor, device: DeviceKeys): Promise<void> {
	const { head, vk, ak } = await of.state()
	const rekey = { g: ak.g + 1, akHash: crypto.random(32), vk: { gen: vk.gen + 1, commit: crypto.random(32) } }
	const header = { seq: head.seq + 1, previous: head.hash, time: storyTime + 1000 * of.entries.length }
	const value: AccountBody = {
		type: 'revokeDevice',
		...header,
		action: { devices: [device.deviceId], rekey },
		proposal: null,
	}
	const body = encodeAccountBody(value)
	of.entries.push({
		body,
		signatures: [await signEntry(crypto, of.password.signing, { kind: 'method', purpose: 'acct', body })],
	})
}

/** A direct conversation of two people, made by the first, with its key and what the server serves of it. */
export interface CoreDirect {
	readonly made: CreatedConversation
	readonly id: string
	readonly state: ConversationState
	readonly keys: EpochKeys
	readonly guid: (page?: number, part?: number) => string
	/** What GET /conversations/{conversation}/log answers to this person. */
	readonly log: (
		to: CoreActor,
		from?: number,
	) => Promise<{
		log: { from: number; entries: readonly string[]; head: string }
		boxes: readonly { epoch: number; g: number; box: string }[]
		cutLists: readonly string[]
	}>
}

export async function direct(people: CorePeople, by: CoreActor, other: CoreActor): Promise<CoreDirect> {
	const { crypto } = people
	const target = async (actor: CoreActor) => {
		const { idHash, head, ak } = await actor.state()
		return { idHash, head, g: ak.g, accountKey: actor.kemKeys[0] as Bytes }
	}
	const made = await createDirect(crypto, { idHash: by.idHash, device: by.device, now: storyTime }, [
		await target(by),
		await target(other),
	])
	const states = [await by.state(), await other.state()]
	const entries = [made.create, made.rotate]
	const accounts = (idHash: Uint8Array) => states.find((state) => Buffer.compare(state.idHash, idHash) === 0) ?? null
	const verified = await verifyConversationLog({ entries, accounts, hash: crypto.hash, verify: crypto.verify })
	if (!verified.ok) throw new Error(JSON.stringify(verified.error))
	return {
		made,
		id: idToText(made.conversation),
		state: verified.value,
		keys: deriveEpochKeys(made.key),
		guid: (page = 0, part = 0) => guidOf({ conversation: made.conversation, page, part }),
		log: async (to, from = 0) => ({
			log: {
				from,
				entries: entries.slice(from).map(entryText),
				head: await people.head(padConversationId(made.conversation), verified.value.head),
			},
			boxes: made.boxes
				.filter(({ idHash }) => Buffer.compare(idHash, to.idHash) === 0)
				.map(({ g, box }) => ({ epoch: 1, g, box: bytesToBase64url(encode(boxCodec, box)) })),
			cutLists: [],
		}),
	}
}

export interface Written {
	readonly item: PageItem
	/** base64url. */
	readonly eventId: string
}

interface PenWish {
	readonly page?: number
	readonly hlc?: bigint
	readonly clientId?: number
	readonly expiresAt?: number
	/** A redact of these, in place of a text. */
	readonly redacts?: readonly Bytes[]
}

/** Writes posts as the device of an account; each field of the place may be forged. */
export function penOf(
	crypto: Crypto,
	{ keys, state, guid }: CoreDirect,
	author: { idHash: Bytes; device: DeviceKeys },
) {
	let clock = 0
	let at = storyTime
	return async (text: string, change: Partial<Place> & PenWish = {}): Promise<Written> => {
		const { page = 0, hlc = hlcOf(++at), clientId, expiresAt = null, redacts = [], ...placed } = change
		const place = { incarnation: 0, clock, logSeq: state.head.seq, logHash: state.head.hash.slice(0, 16), ...placed }
		clock = place.clock + 1
		const { deviceId, signing } = author.device
		const common = { version: 1, writtenAt: at, prev: null, was: [] } as const
		const post = { replyTo: null, mentions: [], attachments: [], forwarded: false } as const
		const body: Body =
			redacts.length > 0 ? { kind: 'redact', ...common, reason: null } : { kind: 'post', ...common, text, ...post }
		const targets = redacts
		const event = await sealEvent(crypto, keys, { idHash: author.idHash, deviceId, hlc, body, targets, expiresAt })
		const item = await placeEvent(crypto, signing, { event, guid: guid(page), place })
		const stream = clientIdOf(crypto.hash, { deviceId, guid: guid(page), incarnation: place.incarnation })
		return {
			item: { clientId: clientId ?? stream, clock: place.clock, content: encodeItem(item) },
			eventId: bytesToBase64url(event.eventId),
		}
	}
}
