/**
 * The secrets file under a passphrase: scrypt (RFC 7914, N 2^17, r 8, p 1: 128 MiB) makes the key, AES-256-GCM seals. The manifest
 * is bound in as associated data, so that with the right passphrase a backup is known to be the one that was made, and no
 * file of it is another's. Cost parameters are fixed by the version: none is read from a file that somebody may have written.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { serverIdOf } from '#protocol/ids.ts'
import { ed25519Signer, nodeHash } from '#server/node-crypto.ts'
import { decodeSecrets } from '#server/secrets.ts'
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import * as z from 'zod'

const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 } as const
const [saltBytes, nonceBytes, tagBytes, keyBytes] = [16, 12, 16, 32]

export const passphraseLimits = {
	/** Of a backup that somebody steals the passphrase is guessed offline. */
	lengthMin: 12,
} as const

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'))

const schema = z.object({
	version: z.literal(1),
	kdf: z.literal('scrypt-2^17-8-1'),
	cipher: z.literal('aes-256-gcm'),
	salt: base64.refine(({ length }) => length === saltBytes),
	nonce: base64.refine(({ length }) => length === nonceBytes),
	/** Ciphertext, then tag. */
	sealed: base64.refine(({ length }) => length > tagBytes),
})

function keyOf(passphrase: string, salt: Buffer): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		scrypt(passphrase.normalize('NFC'), salt, keyBytes, cost, (error, key) => (error ? reject(error) : resolve(key)))
	})
}

export async function sealSecrets(secrets: Buffer, passphrase: string, boundTo: Buffer): Promise<string> {
	const [salt, nonce] = [randomBytes(saltBytes), randomBytes(nonceBytes)]
	const cipher = createCipheriv('aes-256-gcm', await keyOf(passphrase, salt), nonce).setAAD(boundTo)
	const sealed = Buffer.concat([cipher.update(secrets), cipher.final(), cipher.getAuthTag()])
	const [saltText, nonceText, sealedText] = [salt, nonce, sealed].map((bytes) => bytes.toString('base64'))
	const document = { version: 1, kdf: 'scrypt-2^17-8-1', cipher: 'aes-256-gcm' }
	return `${JSON.stringify({ ...document, salt: saltText, nonce: nonceText, sealed: sealedText }, null, '\t')}\n`
}

/** serverId of the instance whose secrets.json holds this; null when it is damaged. */
export function instanceOf(secrets: Buffer): string | null {
	const decoded = decodeSecrets(secrets.toString('utf8'))
	return decoded === null ? null : bytesToBase64url(serverIdOf(nodeHash, ed25519Signer(decoded.serverKey).publicKey))
}

/** Null: another passphrase, another manifest, or damaged; nobody can tell which. */
export async function openSecrets(text: string, passphrase: string, boundTo: Buffer): Promise<Buffer | null> {
	try {
		const { salt, nonce, sealed } = schema.parse(JSON.parse(text))
		const decipher = createDecipheriv('aes-256-gcm', await keyOf(passphrase, salt), nonce, { authTagLength: tagBytes })
		decipher.setAAD(boundTo).setAuthTag(sealed.subarray(-tagBytes))
		return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()])
	} catch {
		return null
	}
}
