/** The protocol's ports over `node:crypto`: the server's side of what the crypto room does in a client. */
import type { Bytes } from '#protocol/bytes.ts'
import { isStrictEd25519 } from '#protocol/ed25519-shape.ts'
import type { Hash, RandomBytes, SignatureClaim, Verify } from '#protocol/ports.ts'
import type { DomainSecrets, Signer } from '#server/domain/domain.ts'
import {
	createCipheriv,
	createDecipheriv,
	hash,
	createHmac,
	createPrivateKey,
	createPublicKey,
	randomBytes,
	sign,
	verify as verifyOne,
	type KeyObject,
} from 'node:crypto'

/** Through a string of one letter a byte: a Buffer, and the byte string made of it, take twice as long as the hash. */
export const nodeHash: Hash = (message) => {
	const letters = hash('sha256', message, 'binary')
	const digest = new Uint8Array(letters.length)
	for (let i = 0; i < digest.length; i++) digest[i] = letters.charCodeAt(i)
	return digest
}

export const nodeRandom: RandomBytes = (length) => new Uint8Array(randomBytes(length))

/** SubjectPublicKeyInfo of an Ed25519 key without its 32 bytes (RFC 8410 §4). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')

function ed25519PublicKey(key: Bytes): KeyObject {
	return createPublicKey({ key: Buffer.concat([spkiPrefix, key]), format: 'der', type: 'spki' })
}

/** Who signed lately signs again: to parse a key costs a third of what the check does. */
const parsedKeysMax = 512
const parsedKeys = new Map<string, KeyObject>()

/** Throws for 32 bytes that are no point of the curve. */
function parsedKey(key: Bytes): KeyObject {
	const name = Buffer.from(key).toString('latin1')
	const parsed = parsedKeys.get(name) ?? ed25519PublicKey(key)
	// Deleted and set anew, so that the first is the one that was not needed for the longest.
	parsedKeys.delete(name)
	parsedKeys.set(name, parsed)
	if (parsedKeys.size > parsedKeysMax) parsedKeys.delete(parsedKeys.keys().next().value as string)
	return parsed
}

/** OpenSSL compares the bytes of [S]B − [k]A with R; `isStrictEd25519` draws the lines that it leaves open (SPEC SIG3). */
function checkHere({ key, message, signature }: SignatureClaim): boolean {
	if (!isStrictEd25519(key, signature)) return false
	try {
		return verifyOne(null, message, parsedKey(key), signature)
	} catch {
		return false // not a point of the curve
	}
}

/** The same on another thread. */
function checkElsewhere({ key, message, signature }: SignatureClaim): Promise<boolean> {
	if (!isStrictEd25519(key, signature)) return Promise.resolve(false)
	return new Promise((resolve) => {
		try {
			verifyOne(null, message, parsedKey(key), signature, (error, valid) => resolve(error === null && valid))
		} catch {
			resolve(false)
		}
	})
}

/** A check takes 0.1 ms, and to send it to another thread and back half as much again: a few are made at once. */
const checksHere = 8

export const nodeVerify: Verify = (claims) =>
	claims.length <= checksHere ? Promise.resolve(claims.map(checkHere)) : Promise.all(claims.map(checkElsewhere))

/** PrivateKeyInfo of an Ed25519 key without its 32-byte seed (RFC 8410 §7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The key pair of a 32-byte seed (RFC 8032 §5.1.5). */
export function ed25519Signer(seed: Bytes): Signer {
	const secret = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
	const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' })
	return {
		publicKey: new Uint8Array(spki.subarray(spkiPrefix.length)),
		sign: (message) => new Uint8Array(sign(null, message, secret)),
	}
}

/** HMAC-SHA256 (RFC 2104) of len-free `label` ‖ 0x00 ‖ `message`, 32 bytes; labels contain no zero byte. */
export function labelledHmac(key: Bytes): (label: string, message: Uint8Array) => Bytes {
	return (label, message) => new Uint8Array(createHmac('sha256', key).update(`${label}\0`).update(message).digest())
}

/** What TURN servers with a shared secret take for a name: base64 of HMAC-SHA1. */
export function turnPassword(secret: string): (username: string) => string {
	return (username) => createHmac('sha1', secret).update(username).digest('base64')
}

const [nonceBytes, tagBytes] = [12, 16]

/** AES-256-GCM; nonce, ciphertext, tag. The key of each label and subject is its own, so that it seals a handful of times. */
export function labelledSeal(
	hmac: (label: string, message: Uint8Array) => Bytes,
): Pick<DomainSecrets, 'seal' | 'open'> {
	const keyOf = (label: string, about: Uint8Array) => hmac(`seal ${label}`, about)
	return {
		seal: (label, about, plain) => {
			const nonce = randomBytes(nonceBytes)
			const cipher = createCipheriv('aes-256-gcm', keyOf(label, about), nonce)
			return new Uint8Array(Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]))
		},
		open: (label, about, sealed) => {
			if (sealed.length < nonceBytes + tagBytes) return null
			const options = { authTagLength: tagBytes }
			const nonce = sealed.subarray(0, nonceBytes)
			const decipher = createDecipheriv('aes-256-gcm', keyOf(label, about), nonce, options)
			decipher.setAuthTag(sealed.subarray(-tagBytes))
			try {
				return new Uint8Array(
					Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]),
				)
			} catch {
				return null
			}
		},
	}
}
