/**
 * A cut: the list of what stands of devices that may no longer write (SPEC CNV). It lies beside the log entry, which
 * names it by hash, and judges only items with a logSeq before that entry.
 */
import type { Bytes } from './bytes.ts'
import { encode, fixed, set, struct, time8, u16, u32, type Decoded } from './codec.ts'
import { CUT_DEVICES_MAX, CUT_PAGES_MAX, INCARNATIONS_MAX } from './limits.ts'
import type { Hash } from './ports.ts'
import { hashTags, taggedHash } from './tags.ts'

const stream = struct({ clientId: time8, /** The first clock that no longer stands. */ next: u32 })
const page = struct({ page: u32, part: u16, streams: set(stream, INCARNATIONS_MAX, { keyLength: 8 }) })

/** Devices ascending, their pages and parts ascending, streams ascending by clientID. What is not listed does not stand. */
export const cutList = set(
	struct({ device: fixed(16), pages: set(page, CUT_PAGES_MAX, { keyLength: 6 }) }),
	CUT_DEVICES_MAX,
	{ keyLength: 16 },
)
export type CutList = Decoded<typeof cutList>

/** SHA-256("kith/cut/1" ‖ encoded list): stands in the entry. */
export function cutHash(hash: Hash, rows: CutList): Bytes {
	return taggedHash(hash, hashTags.cut, encode(cutList, rows))
}
