/**
 * Every purpose of a signature and every tag of a hash, HKDF info, MAC input and AAD, in one place (SPEC SIG, HASH).
 * No tag is the beginning of another, so two uses never share an input.
 */
import { concatBytes, utf8ToBytes, type Bytes } from './bytes.ts'
import type { Hash, SignatureClaim } from './ports.ts'

/** What a signature is for; a key that signs for several purposes never signs the same bytes for two of them. */
export const purposes = [
	'ev',
	'log',
	'acct',
	'dev',
	'auth',
	'join',
	'friend',
	'vault',
	'entry',
	'marker',
	'profile',
	'head',
	'dtls',
	'report',
] as const
export type Purpose = (typeof purposes)[number]

/** Tags of SHA-256 inputs. */
export const hashTags = {
	account: 'kith/acct/1',
	boxes: 'kith/boxes/1',
	chain: 'kith/h/1',
	clientId: 'kith/cid/1',
	conversation: 'kith/conv/1',
	copy: 'kith/copy/1',
	cut: 'kith/cut/1',
	device: 'kith/device/1',
	digest: 'kith/digest/1',
	direct: 'kith/dm/1',
	epochKey: 'kith/ek/1',
	event: 'kith/ev/1',
	friendRequest: 'kith/freq/1',
	link: 'kith/link/1',
	notes: 'kith/notes/1',
	notice: 'kith/notice/1',
	pairing: 'kith/pair/1',
	safetyNumber: 'kith/safety/1',
	server: 'kith/server/1',
	vaultKey: 'kith/vk/1',
} as const

/** Tags of HKDF and HPKE info strings, HKDF salts and HMAC inputs (RFC 5869, RFC 9180 §5.1). */
export const keyTags = {
	archive: 'kith/archive/1',
	archiveCheck: 'kith/archcheck/1',
	awareness: 'kith/aware/1',
	back: 'kith/back/1',
	box: 'kith/box/1',
	entryName: 'kith/ename/1',
	event: 'kith/evkey/1',
	linkBox: 'kith/linkbox/1',
	linkKem: 'kith/linkkem/1',
	linkSign: 'kith/linksig/1',
	marker: 'kith/marker/1',
	methodBind: 'kith/bind/1',
	methodKem: 'kith/mkem/1',
	methodMac: 'kith/mbind/1',
	methodSeed: 'kith/mseed/1',
	methodSign: 'kith/msig/1',
	pairingMac: 'kith/pairmac/1',
	reportBox: 'kith/reportbox/1',
	picture: 'kith/picture/1',
	pictureName: 'kith/picname/1',
	title: 'kith/title/1',
	vaultKeyBox: 'kith/vkbox/1',
} as const

/** Tags of AES-GCM additional data. */
export const aadTags = {
	awareness: 'kith/awareaad/1',
	back: 'kith/backaad/1',
	blob: 'kith/blobaad/1',
	entry: 'kith/entryaad/1',
	event: 'kith/evaad/1',
	marker: 'kith/markeraad/1',
	picture: 'kith/pictureaad/1',
	report: 'kith/reportaad/1',
	row: 'kith/rowaad/1',
	title: 'kith/titleaad/1',
	vault: 'kith/vaultaad/1',
} as const

export type HashTag = (typeof hashTags)[keyof typeof hashTags]
export type KeyTag = (typeof keyTags)[keyof typeof keyTags]
export type AadTag = (typeof aadTags)[keyof typeof aadTags]

const encodedTags = new Map<string, Bytes>()

function tagBytes(tag: string): Bytes {
	const known = encodedTags.get(tag)
	if (known !== undefined) return known
	const encoded = utf8ToBytes(tag)
	encodedTags.set(tag, encoded)
	return encoded
}

/** tag ‖ parts: an HKDF info, MAC input or AAD. The parts are of fixed width or length-prefixed. */
export function tagged(tag: HashTag | KeyTag | AadTag, ...parts: readonly Uint8Array[]): Bytes {
	return concatBytes(tagBytes(tag), ...parts)
}

/** SHA-256(tag ‖ parts), 32 bytes. */
export function taggedHash(hash: Hash, tag: HashTag, ...parts: readonly Uint8Array[]): Bytes {
	return hash(tagged(tag, ...parts))
}

/** The bytes that Ed25519 signs: "kith/" purpose "/1" 0x00 ‖ SHA-256(body) (SPEC SIG1). */
export function signingMessage(purpose: Purpose, bodyHash: Bytes): Bytes {
	if (bodyHash.length !== 32) throw new RangeError('a signature is over the SHA-256 of a body')
	return concatBytes(tagBytes(`kith/${purpose}/1\0`), bodyHash)
}

/** What must be verified where `signature` by `key` stands for `body`. */
export function claimOver(
	hash: Hash,
	purpose: Purpose,
	signed: { key: Bytes; body: Bytes; signature: Bytes },
): SignatureClaim {
	return { key: signed.key, message: signingMessage(purpose, hash(signed.body)), signature: signed.signature }
}
