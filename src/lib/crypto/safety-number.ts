/**
 * The safety number of two accounts: what two people compare by eye or voice (SPEC SAF). It follows from the two idHashes
 * and so never changes, whatever keys and devices come and go; an account that starts over has another.
 */
import { compareBytes, type Bytes } from '#protocol/bytes.ts'
import type { Hash } from '#protocol/ports.ts'
import { hashTags, taggedHash } from '#protocol/tags.ts'

const groups = 6
const bytesPerGroup = 5

/** Six groups of five digits: 30 bytes of the hash as six 5-byte integers mod 100,000. The same for both sides. */
export function safetyNumber(hash: Hash, a: Bytes, b: Bytes): string[] {
	const [lower, higher] = compareBytes(a, b) <= 0 ? [a, b] : [b, a]
	const digest = taggedHash(hash, hashTags.safetyNumber, lower, higher)
	return Array.from({ length: groups }, (_, group) => {
		const part = digest.subarray(group * bytesPerGroup, (group + 1) * bytesPerGroup)
		const value = part.reduce((sum, byte) => sum * 256 + byte, 0) // below 2^40
		return String(value % 100_000).padStart(5, '0')
	})
}
