/**
 * Who we are, from the server alone: for a device whose store lost its log or vault, and not its keys. The server gives a
 * certified device log, vault and its own box of VK, and none of it is believed without the same checks as at sign-in.
 */
import { openVaultKeyBox } from '#crypto/boxes.ts'
import { seedToKemKeyPair } from '#crypto/hpke.ts'
import type { Crypto } from '#crypto/suite.ts'
import { boxCodec } from '#protocol/box.ts'
import { base64urlToBytes, bytesToBase64url } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { KithError } from './api.ts'
import { toKithError } from './http-errors.ts'
import type { Self } from './identity.ts'
import type { Records } from './records.ts'
import { verifyLog } from './sign-in.ts'
import type { Fresh } from './signed-in.ts'
import { decodeVault, isOlderThanKept, keepVault, openSealedVault } from './vault-keeper.ts'

export interface FetchIdentityDeps {
	readonly crypto: Crypto
	/** With the access token of this device. */
	readonly http: HttpClient
	readonly records: Records
	readonly self: Self
}

const notVerified = (what: 'account-log' | 'vault') => fail<KithError>({ type: 'not-verified', what })

/** Kept before it is given out. */
export async function fetchIdentity({
	crypto,
	http,
	records,
	self,
}: FetchIdentityDeps): Promise<Result<Fresh, KithError>> {
	const answer = await http.call((api) => api.accounts.me())
	if (!answer.ok) return fail(toKithError(answer.error))
	const { name, log, vkBoxes, vault } = answer.value
	const verified = await verifyLog({ crypto, serverKey: self.serverKey }, self.idHash, log)
	if (verified === null) return notVerified('account-log')
	const { state, entries } = verified
	const kem = await seedToKemKeyPair(self.keys.kemSeed)
	const recipient = bytesToBase64url(crypto.hash(kem.publicKey))
	const stored = vkBoxes.find((one) => one.recipient === recipient && one.vkGen === state.vk.gen)
	const raw = stored === undefined ? null : base64urlToBytes(stored.box)
	const box = raw === null ? null : decode(boxCodec, raw)
	const sealed = decodeVault(vault)
	if (box?.ok !== true || sealed === null) return notVerified('vault')
	const vaultKey = await openVaultKeyBox(crypto, kem, { vk: state.vk, box: box.value })
	if (!vaultKey.ok) return notVerified('vault')
	const opened = await openSealedVault(crypto, { state, vaultKey: vaultKey.value }, sealed)
	if (!opened.ok) return opened
	if (await isOlderThanKept(records, opened.value)) return notVerified('vault')
	await keepVault(records, opened.value)
	return ok({ state, entries, person: { name, ak: null, profile: null }, vault: opened.value })
}
