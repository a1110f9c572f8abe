/** What a device says to its server when somebody signs out on it. */
import { retireDeviceEntry } from '#crypto/account-builder.ts'
import type { Crypto } from '#crypto/suite.ts'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import type { SignedInSession } from './signed-in.ts'

/** Tells the server, when it can be told: the device retires itself, and its session ends. */
export async function retireDevice(
	crypto: Crypto,
	{ self, accounts, http }: SignedInSession,
	now: number,
): Promise<void> {
	const state = await accounts.refresh(self.account)
	if (state.ok) {
		const { head, times } = state.value
		const position = { idHash: self.idHash, head, now: Math.max(now, times.at(-1) ?? 0) }
		const entry = await retireDeviceEntry(crypto, position, self.keys)
		await http.call((api) => api.accounts.retireDevice({ entry: bytesToBase64url(encode(signedEntry, entry)) }))
	}
	await http.call((api) => api.auth.signOut({}))
}
