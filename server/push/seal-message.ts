/**
 * Seals a push message to a browser (RFC 8291: ECDH on P-256, then aes128gcm of RFC 8188 in one record). The push service in between
 * reads nothing, and learns no length: all messages are padded to the same.
 */
import type { Bytes } from '#protocol/bytes.ts'
import type { RandomBytes } from '#protocol/ports.ts'
import type { PushTarget } from '#server/domain/push-ports.ts'
import { createCipheriv, createECDH, hkdfSync } from 'node:crypto'

export const curve = 'prime256v1'
const saltLength = 16
/** One record: larger than any message of ours (RFC 8188 §2). */
const recordSize = 4096
/** The last record ends with it; zeros may follow (RFC 8188 §2). */
const lastDelimiter = 2
/** Of the plaintext with its padding. */
const paddedLength = 128

const derive = (secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number) =>
	Buffer.from(hkdfSync('sha256', secret, salt, info, length))

/** A key pair of this message alone, and a salt: drawn, but for test vectors. */
export interface Ephemeral {
	/** 32 bytes. */
	readonly privateKey: Uint8Array
	/** 16 bytes. */
	readonly salt: Uint8Array
}

export function drawEphemeral(random: RandomBytes): Ephemeral {
	const pair = createECDH(curve)
	pair.generateKeys()
	return { privateKey: pair.getPrivateKey(), salt: random(saltLength) }
}

/** Null where the browser's key is no point of the curve. Throws for more than 127 bytes. */
export function sealMessage(message: Uint8Array, to: Pick<PushTarget, 'key' | 'auth'>, one: Ephemeral): Buffer | null {
	if (message.length >= paddedLength) throw new RangeError(`a push message of ${message.length} bytes`)
	const padded = Buffer.alloc(paddedLength)
	padded.set(message)
	padded[message.length] = lastDelimiter
	return sealRecord(padded, to, one)
}

/** `record`: with its delimiter and padding. */
export function sealRecord(
	record: Uint8Array,
	{ key, auth }: { readonly key: Bytes; readonly auth: Bytes },
	{ privateKey, salt }: Ephemeral,
): Buffer | null {
	const own = createECDH(curve)
	own.setPrivateKey(privateKey)
	const ownPoint = own.getPublicKey()
	const shared = sharedSecret(own, key)
	if (shared === null) return null
	const input = derive(shared, auth, Buffer.concat([Buffer.from('WebPush: info\0'), key, ownPoint]), 32)
	const contentKey = derive(input, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
	const nonce = derive(input, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
	const cipher = createCipheriv('aes-128-gcm', contentKey, nonce)
	const size = Buffer.alloc(4)
	size.writeUInt32BE(recordSize)
	return Buffer.concat([
		...[salt, size, Buffer.from([ownPoint.length]), ownPoint],
		...[cipher.update(record), cipher.final(), cipher.getAuthTag()],
	])
}

function sharedSecret(own: ReturnType<typeof createECDH>, key: Bytes): Buffer | null {
	try {
		return own.computeSecret(key)
	} catch {
		return null
	}
}
