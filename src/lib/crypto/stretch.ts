/** A passphrase made dear to guess: Argon2id (RFC 9106), 32 bytes. Takes seconds and the memory that it is told; a browser runs it in a worker. */
import { argon2id } from '@noble/hashes/argon2.js'
import { copyBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import type { Stretching } from './opaque-client.ts'

export interface StretchInput {
	readonly passphrase: string
	readonly salt: Bytes
	readonly stretching: Stretching
}

/** The same passphrase typed on another keyboard is the same bytes (RFC 8265 §4.2). */
export function stretchPassphrase({ passphrase, salt, stretching }: StretchInput): Bytes {
	const { iterations: t, memory: m, parallelism: p } = stretching
	return copyBytes(argon2id(utf8ToBytes(passphrase.normalize('NFC')), salt, { t, m, p, dkLen: 32 }))
}
