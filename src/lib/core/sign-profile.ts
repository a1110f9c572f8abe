/** What an account shows of itself to others, as its device signs it. */
import type { DeviceKeys } from '#crypto/device-keys.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { encodeProfileBody, signedProfile } from '#protocol/profile.ts'

export async function signProfile(
	device: DeviceKeys,
	profile: { idHash: Bytes; name: string; hlc: bigint },
): Promise<Bytes> {
	const body = { ...profile, picture: null, device: device.deviceId }
	const signature = await device.signing.sign('profile', encodeProfileBody(body))
	return encode(signedProfile, { ...body, signature })
}
