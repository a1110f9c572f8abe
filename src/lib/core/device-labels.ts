/**
 * What devices call themselves in the list of devices: an account entry for each, so that all devices of the account read it
 * and the server does not. A label is a claim of that device and says nothing about its keys.
 */
import { utf8ToBytes } from '#protocol/bytes.ts'
import { decode, encode, struct, text, versioned } from '#protocol/codec.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { AccountEntries } from './account-entries.ts'
import type { DeviceId, DeviceLabel, KithError } from './api.ts'

const labelMaxBytes = 32
const labelValue = versioned(1, struct({ browser: text(labelMaxBytes), system: text(labelMaxBytes) }))
const entryName = (device: DeviceId) => `devices/${device}`

export interface DeviceLabels {
	readonly of: (device: DeviceId) => DeviceLabel | null
	/** Known to the other devices before it resolves; says nothing where the label stands already. */
	readonly describe: (label: DeviceLabel) => Promise<Result<null, KithError>>
}

export function createDeviceLabels({ entries, device }: { entries: AccountEntries; device: DeviceId }): DeviceLabels {
	const of = (id: DeviceId): DeviceLabel | null => {
		const bytes = entries.value(entryName(id))
		const value = bytes === null ? null : decode(labelValue, bytes)
		return value?.ok === true ? value.value : null
	}
	return {
		of,
		describe: async ({ browser, system }) => {
			const known = of(device)
			const isTooLong = [browser, system].some((name) => utf8ToBytes(name).length > labelMaxBytes)
			if (isTooLong) return fail({ type: 'too-long', max: labelMaxBytes })
			if (known?.browser === browser && known.system === system) return ok(null)
			return entries.put(entryName(device), encode(labelValue, { browser, system }))
		},
	}
}
