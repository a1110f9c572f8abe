import { addDeviceEntry, offerDevice } from '#crypto/account-builder.ts'
import { generateDeviceKeys } from '#crypto/device-keys.ts'
import type { SignedEntry } from '#protocol/log-entry.ts'
import type { Mallory } from '#tests/support/fault/mallory.ts'

/** An entry by their own password that certifies another device, each time another one; it is not sent. */
export async function oneMoreDevice(who: Mallory): Promise<SignedEntry> {
	const { crypto, person } = who
	const { head, vk, idHash } = await who.accountOf(person.id)
	const offer = await offerDevice(crypto, await generateDeviceKeys(crypto), idHash)
	const { passwordMethod, account } = person
	const by = { by: { method: passwordMethod }, offer, vkGen: vk.gen, vaultKey: account.vaultKey }
	return (await addDeviceEntry(crypto, { head, now: Date.now() }, by)).entry
}
