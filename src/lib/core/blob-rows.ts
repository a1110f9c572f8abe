/** Rows of files on this device. Their bytes, as ciphertext, lie on the shelf (deps.ts) under the same name. */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { choice, fixed, optional, struct, time8, versioned, type Decoded } from '#protocol/codec.ts'

/**
 * Store `meta`, `blob/` ‖ blobId, and of copies `blob/` ‖ import ‖ `.` ‖ blobId.
 * ours: sealed here, to go up · sent: the server has it, and has not been told of its message · whole: kept to be shown, others
 * have it too · coming: some of it is here · copied: it came in an archive, and no server has it.
 */
export const blobRow = versioned(
	1,
	struct({
		conversation: fixed(16),
		length: time8,
		state: choice({ 1: 'ours', 2: 'sent', 3: 'whole', 4: 'coming', 5: 'copied' }),
		/** The message that it goes with, as it was placed last. */
		event: optional(fixed(16)),
		/** When somebody wanted it last, ms: what was not wanted for longest makes room. */
		usedAt: time8,
	}),
)
export type BlobRow = Decoded<typeof blobRow>

const prefix = 'blob/'

/** All of them: `/` comes before `0`. */
export const blobRange = { from: prefix, to: 'blob0' } as const

export function blobAt(name: string) {
	return { store: 'meta', key: prefix + name } as const
}

export function nameOfKey(key: string): string {
	return key.slice(prefix.length)
}

/** What a blob is called here and in requests. */
export function blobName({ blobId }: { readonly blobId: Bytes }): string {
	return bytesToBase64url(blobId)
}
