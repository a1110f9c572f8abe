/**
 * What stands behind the # of a link or in a QR code, and so never reaches a server (SPEC LNK): base64url of one codec.
 * A friend link carries who is added, so that the contact is pinned as verified; a room link carries the join secret.
 */
import { base64urlToBytes, bytesToBase64url, type Bytes } from './bytes.ts'
import { bytes, decode, encode, fixed, optional, struct, union, versioned, type Decoded } from './codec.ts'
import { INVITE_TOKEN_MAX } from './limits.ts'
import { shortHead } from './log-entry.ts'
import { keyTags, tagged } from './tags.ts'

const linkFragment = versioned(
	1,
	union('type', {
		/** `head` of the account's log when the link was made: a shorter log is refused. */
		friend: [
			1,
			struct({ server: fixed(32), idHash: fixed(32), head: shortHead, invite: optional(bytes(INVITE_TOKEN_MAX)) }),
		],
		/** The secret gives the signing and the sealing key of the link. */
		room: [2, struct({ server: fixed(32), conversation: fixed(16), head: shortHead, secret: fixed(32) })],
		/** Shown by an unlocked device to one that is to be added. */
		pairing: [3, struct({ server: fixed(32), idHash: fixed(32), head: shortHead, secret: fixed(16) })],
	}),
)
export type LinkFragment = Decoded<typeof linkFragment>
export type LinkFragmentOf<T extends LinkFragment['type']> = Extract<LinkFragment, { type: T }>

export function encodeLinkFragment(fragment: LinkFragment): string {
	return bytesToBase64url(encode(linkFragment, fragment))
}

/** Null for what is no link of this version. */
export function decodeLinkFragment(fragment: string): LinkFragment | null {
	const raw = base64urlToBytes(fragment)
	if (raw === null) return null
	const decoded = decode(linkFragment, raw)
	return decoded.ok ? decoded.value : null
}

/** HKDF-Expand info for the two key seeds of a room link's secret, 32 bytes each. */
export function linkKeyInfo(use: 'sign' | 'kem'): Bytes {
	return tagged(use === 'sign' ? keyTags.linkSign : keyTags.linkKem)
}
