/**
 * People with keys and logs, for stories and vectors: everything follows from names, nothing is random, so that bytes
 * repeat for ever. The keys are real; X-Wing keys are stood in for by hashes, which is all that a log says of them.
 */
import { createPrivateKey, sign as signEd25519, type KeyObject } from 'node:crypto'
import {
	encodeAccountBody,
	encodeCertificateBody,
	type AccountBody,
	type AccountBodyOf,
} from '#protocol/account-log.ts'
import { verifyAccountLog, type AccountLogError, type AccountState } from '#protocol/account-state.ts'
import { bytesToHex, concatBytes, copyBytes, hexToBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { encodeConversationBody, type ConversationBody } from '#protocol/conversation-log.ts'
import { verifyConversationLog, type AccountLookup, type ConversationState } from '#protocol/conversation-state.ts'
import { deviceIdOf, idHashOf, keyHash16 } from '#protocol/ids.ts'
import { chainHash, noHash, type SignedEntry, type SignerKind } from '#protocol/log-entry.ts'
import { signingMessage, type Purpose } from '#protocol/tags.ts'
import type { MethodKind } from '#protocol/unlock.ts'
import { nodeHash, nodeVerify } from './crypto-ports.ts'

/** 32 bytes that follow from a name. */
export function bytesOf(name: string, length = 32): Bytes {
	const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => nodeHash(utf8ToBytes(`${name}/${i}`)))
	return concatBytes(...blocks).slice(0, length)
}

export interface Actor {
	readonly signingKey: Bytes
	/** SHA-256 of an X-Wing key that nobody has. */
	readonly kemHash: Bytes
	readonly deviceId: Bytes
	readonly sign: (purpose: Purpose, body: Bytes) => Bytes
}

/** RFC 8410: an Ed25519 seed as PKCS #8. */
const pkcs8Prefix = hexToBytes('302e020100300506032b657004220420') as Bytes

/** A device, method, link or server: an Ed25519 pair from a name. */
export function actor(name: string): Actor {
	const der = Buffer.from(concatBytes(pkcs8Prefix, bytesOf(`seed ${name}`)))
	const key: KeyObject = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
	const signingKey = copyBytes(Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url'))
	return {
		signingKey,
		kemHash: bytesOf(`kem ${name}`),
		deviceId: deviceIdOf(nodeHash, signingKey),
		sign: (purpose, body) => copyBytes(signEd25519(null, signingMessage(purpose, nodeHash(body)), key)),
	}
}

export function keysOf({ signingKey, kemHash }: Actor) {
	return { signingKey, kemHash }
}

export function methodOf(kind: MethodKind, by: Actor) {
	return { kind, ...keysOf(by) }
}

interface SignatureBy {
	readonly kind: SignerKind
	readonly by: Actor
	readonly purpose: Purpose
	/** What is signed where it is not the body: a certificate. */
	readonly over?: Bytes
}

export function signedBy(body: Bytes, signers: readonly SignatureBy[]): SignedEntry {
	return {
		body,
		signatures: signers
			.map(({ kind, by, purpose, over }) => ({
				kind,
				keyHash: keyHash16(nodeHash, by.signingKey),
				signature: by.sign(purpose, over ?? body),
			}))
			.sort((a, b) => (order(a) < order(b) ? -1 : 1)),
	}
}

const kindOrder: Readonly<Record<SignerKind, number>> = { method: 1, device: 2, certificate: 3, link: 4 }

function order({ kind, keyHash }: { kind: SignerKind; keyHash: Bytes }): string {
	return `${kindOrder[kind]}${bytesToHex(keyHash)}`
}

export const byMethod = (by: Actor): SignatureBy => ({ kind: 'method', by, purpose: 'acct' })
export const byDevice = (by: Actor): SignatureBy => ({ kind: 'device', by, purpose: 'acct' })

export function certificateOf(idHash: Bytes, by: Actor): SignatureBy {
	return { kind: 'certificate', by, purpose: 'dev', over: encodeCertificateBody({ idHash, ...keysOf(by) }) }
}

export const startOfStory = Date.UTC(2026, 0, 1)
export const hour = 3_600_000

type Unplaced<B> = B extends unknown ? Omit<B, 'seq' | 'previous' | 'time'> & { readonly time?: number } : never

/** An account from its create on: `name` gives laptop, password and code; entries are appended without any check. */
export class AccountStory {
	readonly laptop: Actor
	readonly password: Actor
	readonly code: Actor
	readonly idHash: Bytes
	readonly entries: SignedEntry[] = []
	#hash: Bytes = noHash
	#time = startOfStory

	constructor(name: string) {
		this.laptop = actor(`${name} laptop`)
		this.password = actor(`${name} password`)
		this.code = actor(`${name} code`)
		const body = this.place(createOf(name, this))
		this.idHash = idHashOf(nodeHash, body)
		this.append(body, [
			byMethod(this.password),
			byMethod(this.code),
			byDevice(this.laptop),
			certificateOf(this.idHash, this.laptop),
		])
	}

	/** The encoded body as the next entry; each comes an hour after the one before unless `time` says otherwise. */
	place(body: Unplaced<AccountBody>): Bytes {
		const time = body.time ?? this.#time + hour
		return encodeAccountBody({ ...body, seq: this.entries.length, previous: this.#hash, time } as AccountBody)
	}

	append(body: Bytes, signers: readonly SignatureBy[]): this {
		this.entries.push(signedBy(body, signers))
		this.#hash = chainHash(nodeHash, this.#hash, { seq: this.entries.length - 1, body })
		this.#time = Number(new DataView(body.buffer).getBigUint64(38))
		return this
	}

	addDevice(device: Actor, by: SignatureBy, time?: number): this {
		const body = this.place({
			type: 'addDevice',
			device: keysOf(device),
			boxHash: bytesOf('box'),
			...(time === undefined ? {} : { time }),
		})
		return this.append(body, [by, certificateOf(this.idHash, device)])
	}

	revoke(devices: readonly Actor[], by: SignatureBy, g = 1): this {
		const action = { devices: devices.map(({ deviceId }) => deviceId), rekey: rekeyOf(g) }
		return this.append(this.place({ type: 'revokeDevice', action, proposal: null }), [by])
	}

	retire(device: Actor): this {
		return this.append(this.place({ type: 'retireDevice', device: device.deviceId }), [byDevice(device)])
	}

	verify() {
		return verifyAccountLog({ entries: this.entries, hash: nodeHash, verify: nodeVerify })
	}

	async state(): Promise<AccountState> {
		const result = await this.verify()
		if (!result.ok) throw new Error(JSON.stringify(result.error))
		return result.value
	}
}

function createOf(
	name: string,
	keys: { laptop: Actor; password: Actor; code: Actor },
): Unplaced<AccountBodyOf<'create'>> {
	return {
		type: 'create',
		akHash: bytesOf(`${name} ak 0`),
		methods: [methodOf('password', keys.password), methodOf('recovery', keys.code)],
		device: keysOf(keys.laptop),
		vk: { gen: 1, commit: bytesOf(`${name} vk 1`) },
		random: bytesOf(`${name} random`, 16),
	}
}

/** The rekey that follows g − 1 where each VK came with an AK. */
export function rekeyOf(g: number) {
	return { g, akHash: bytesOf(`ak ${g}`), vk: { gen: g + 1, commit: bytesOf(`vk ${g + 1}`) } }
}

/** Why the log is not believed, or null. */
export async function problemOf(story: AccountStory): Promise<AccountLogError | null> {
	const result = await story.verify()
	return result.ok ? null : result.error
}

/** A conversation log whose entries are signed by one account's device at a time; appended without any check. */
export class ConversationStory {
	readonly entries: SignedEntry[] = []
	readonly hashes: Bytes[] = []

	get head() {
		return { seq: this.entries.length - 1, hash: this.hashes.at(-1) ?? noHash }
	}

	/** Fields that say where an entry stands and who made it. */
	placed(author: AccountStory, device: Actor = author.laptop) {
		return {
			seq: this.entries.length,
			previous: this.head.hash,
			time: startOfStory + this.entries.length * hour,
			author: author.idHash,
			device: device.deviceId,
		}
	}

	based(author: AccountStory, device: Actor = author.laptop, base = this.entries.length - 1) {
		const { time, author: idHash, device: deviceId } = this.placed(author, device)
		return { base, baseHash: this.hashes[base] ?? noHash, time, author: idHash, device: deviceId }
	}

	append(body: ConversationBody, by: Actor): this {
		const bytes = encodeConversationBody(body)
		this.entries.push(signedBy(bytes, [{ kind: 'device', by, purpose: 'log' }]))
		this.hashes.push(chainHash(nodeHash, this.hashes.at(-1) ?? noHash, { seq: this.entries.length - 1, body: bytes }))
		return this
	}

	verify(accounts: AccountLookup) {
		return verifyConversationLog({ entries: this.entries, accounts, hash: nodeHash, verify: nodeVerify })
	}

	async state(accounts: AccountLookup): Promise<ConversationState> {
		const result = await this.verify(accounts)
		if (!result.ok) throw new Error(JSON.stringify(result.error))
		return result.value
	}
}

/** What `acc` says of an account at its head. */
export function accountRef(state: AccountState) {
	return { idHash: state.idHash, seq: state.head.seq, hash16: state.head.hash.slice(0, 16), g: state.ak.g }
}

export function lookupOf(states: readonly AccountState[]): AccountLookup {
	const byId = new Map(states.map((state) => [bytesToHex(state.idHash), state]))
	return (idHash) => byId.get(bytesToHex(idHash)) ?? null
}

/** Epoch n with a back link to the one before. */
export function epochOf(n: number) {
	const back = { m: n - 1, sealed: { nonce: bytesOf('nonce', 12), ct: bytesOf('back', 48) } }
	return { n, commit: bytesOf(`ek ${n}`), boxesRoot: bytesOf(`boxes ${n}`), back: n === 1 ? null : back }
}
