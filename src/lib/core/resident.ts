/** Who lives on this device: account row and device keys, kept and wiped together. */
import { restoreDeviceKeys, storeDeviceKeys, type DeviceKeys } from '#crypto/device-keys.ts'
import type { Crypto } from '#crypto/suite.ts'
import { metaKeys } from '#store/keys.ts'
import { storeSchema, type StoreName } from '#store/schema.ts'
import type { Storage } from '#store/storage.ts'
import { accountRow, deviceRow, type AccountRow } from './account-rows.ts'
import type { KeyHandles } from './deps.ts'
import type { Records } from './records.ts'

export interface Resident {
	readonly row: AccountRow
	readonly keys: DeviceKeys
}

const accountAt = { store: 'meta', key: metaKeys.account } as const
const deviceAt = { store: 'meta', key: metaKeys.device } as const
/** Whose store this is, once more: a store that lost `meta` must still know whose unsent messages it holds. */
export const ownerAt = { store: 'settings', key: 'owner' } as const
const handleName = 'device-signing'

export interface ResidentDeps {
	readonly records: Records
	readonly storage: Storage
	readonly crypto: Crypto
	readonly keyHandles: KeyHandles
}

export async function restoreResident({ records, crypto, keyHandles }: ResidentDeps): Promise<Resident | null> {
	const row = await records.get(accountRow, accountAt)
	const device = await records.get(deviceRow, deviceAt)
	if (row === null || device === null) return null
	const handle = device.handle ? await keyHandles.get(handleName) : null
	const keys = await restoreDeviceKeys(crypto, { handle, bytes: device.bytes })
	if ((await records.get(accountRow, ownerAt)) === null) await records.put(accountRow, ownerAt, row)
	return keys === null ? null : { row, keys }
}

export async function keepResident({ records, keyHandles }: ResidentDeps, resident: Resident): Promise<void> {
	const { handle, bytes } = storeDeviceKeys(resident.keys)
	if (handle !== null) await keyHandles.keep(handleName, handle)
	await records.put(deviceRow, deviceAt, { bytes, handle: handle !== null })
	await records.put(accountRow, ownerAt, resident.row)
	await records.put(accountRow, accountAt, resident.row)
}

/** Somebody lives here, whether the rest can be opened or not. */
export async function isOwned(records: Records): Promise<boolean> {
	return (await records.get(accountRow, ownerAt)) !== null
}

/** Sign-out: nothing of the account stays on this device. */
export async function wipe({ storage, keyHandles }: Pick<ResidentDeps, 'storage' | 'keyHandles'>): Promise<void> {
	const stores = Object.keys(storeSchema) as StoreName[]
	await storage.transaction('write', stores, async (tx) => {
		for (const store of stores) await tx.clear(store)
	})
	await keyHandles.clear()
}
