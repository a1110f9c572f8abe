/** The name and picture that an account shows, signed by one of its devices: never the server's word alone (SPEC PRF). */
import type { Bytes } from './bytes.ts'
import { encode, fixed, optional, struct, text, u64, versioned, type Decoded } from './codec.ts'
import { PROFILE_NAME_MAX } from './limits.ts'

const profileFields = {
	idHash: fixed(32),
	name: text(PROFILE_NAME_MAX),
	/** SHA-256 of the picture's bytes. */
	picture: optional(fixed(32)),
	/** The highest wins. */
	hlc: u64,
	device: fixed(16),
}
const profileBody = versioned(1, struct(profileFields))
export type ProfileBody = Decoded<typeof profileBody>

/** Signed by `device`, certified and not revoked, purpose profile. */
export const signedProfile = versioned(1, struct({ ...profileFields, signature: fixed(64) }))
export type SignedProfile = Decoded<typeof signedProfile>

export function encodeProfileBody(body: ProfileBody): Bytes {
	return encode(profileBody, body)
}
