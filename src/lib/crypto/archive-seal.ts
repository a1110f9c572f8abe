/**
 * Archives under a passphrase (docs/export.md): a header, then chunks. Each chunk is sealed alone, so that none of it lies in memory as a whole;
 * its nonce says which it is and whether it is the last, so that chunks that were left out, cut off, swapped or taken from another archive do not
 * open. The header says at once whether the passphrase is right, and is bound to all that follows.
 */
import { concatBytes, equalBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { encode, u32 } from '#protocol/codec.ts'
import { keyTags, tagged } from '#protocol/tags.ts'
import { aeadOpen, aeadSeal, importAeadKey } from './aead.ts'
import { hkdfExpand, hkdfExtract } from './hkdf.ts'
import type { Crypto } from './suite.ts'

const magic = utf8ToBytes('kith-archive')
const formatVersion = 1
const archiveSaltLength = 16
const checkLength = 16
const prefixLength = magic.length + 2 + archiveSaltLength
/** magic12 ‖ format1 ‖ stretching1 ‖ salt16 ‖ check16. */
export const archiveHeaderLength = prefixLength + checkLength

/** Bytes of a chunk before it is sealed; only the last is shorter. */
export const archiveChunk = 64 * 1024
const tagLength = 16
export const sealedArchiveChunk = archiveChunk + tagLength

/** What can be read of an archive without its passphrase. */
export interface ArchivePrefix {
	readonly bytes: Bytes
	/** Version of the numbers by which the passphrase was stretched. */
	readonly stretching: number
	readonly salt: Bytes
}

export interface ArchivePlace {
	/** From 0. */
	readonly index: number
	readonly final: boolean
}

export interface ArchiveSealer {
	readonly header: Bytes
	seal(place: ArchivePlace, plaintext: Bytes): Promise<Bytes>
	/** Null for a chunk of another archive, another place, or damaged. */
	open(place: ArchivePlace, ciphertext: Bytes): Promise<Bytes | null>
}

export function newArchivePrefix({ random }: Crypto, stretching: number): ArchivePrefix {
	const salt = random(archiveSaltLength)
	return { bytes: concatBytes(magic, Uint8Array.of(formatVersion, stretching), salt), stretching, salt }
}

/** Null for what is no archive, or one of a later version. */
export function readArchivePrefix(header: Bytes): ArchivePrefix | null {
	if (header.length < archiveHeaderLength || !equalBytes(header.subarray(0, magic.length), magic)) return null
	if (header[magic.length] !== formatVersion) return null
	const bytes = header.slice(0, prefixLength)
	return { bytes, stretching: bytes[magic.length + 1] as number, salt: bytes.slice(magic.length + 2) }
}

/** `stretched`: of the passphrase, by the numbers and the salt of the prefix. */
export async function archiveSealer(
	{ subtle }: Crypto,
	prefix: ArchivePrefix,
	stretched: Bytes,
): Promise<ArchiveSealer> {
	const prk = hkdfExtract(prefix.salt, stretched)
	const check = hkdfExpand(prk, tagged(keyTags.archiveCheck, prefix.bytes), checkLength)
	const key = await importAeadKey(subtle, hkdfExpand(prk, tagged(keyTags.archive, prefix.bytes)))
	const header = concatBytes(prefix.bytes, check)
	return {
		header,
		seal: (place, plaintext) => aeadSeal(subtle, key, { nonce: nonceOf(place), aad: header, plaintext }),
		open: (place, ciphertext) => aeadOpen(subtle, key, { nonce: nonceOf(place), aad: header, ciphertext }),
	}
}

/** The key is drawn from a salt of this archive alone: no nonce comes twice under it. */
function nonceOf({ index, final }: ArchivePlace): Bytes {
	return concatBytes(new Uint8Array(7), encode(u32, index), Uint8Array.of(final ? 1 : 0))
}
