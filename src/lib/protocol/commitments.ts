/** Hashes that bind a secret key before it is shown: a key that does not match is never used nor stored (SPEC EPO, VLT). */
import type { Bytes } from './bytes.ts'
import { encode, u32 } from './codec.ts'
import type { Hash } from './ports.ts'
import { hashTags, taggedHash } from './tags.ts'

/** SHA-256("kith/ek/1" ‖ convId ‖ n4 ‖ EK_n). */
export function epochCommit(hash: Hash, epoch: { conversation: Bytes; n: number }, key: Bytes): Bytes {
	return taggedHash(hash, hashTags.epochKey, epoch.conversation, encode(u32, epoch.n), key)
}

/** SHA-256("kith/vk/1" ‖ vkGen4 ‖ VK). */
export function vaultKeyCommit(hash: Hash, gen: number, key: Bytes): Bytes {
	return taggedHash(hash, hashTags.vaultKey, encode(u32, gen), key)
}
