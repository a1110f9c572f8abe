/** Whose device wrote an item. A deviceId belongs to one account for ever, so owners are remembered. */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import type { AccountState } from '#protocol/account-state.ts'
import type { KnownDevice } from '#protocol/judge-view.ts'
import type { AccountStates } from '../domain.ts'
import type { Devices } from '../ports.ts'

export interface Authors {
	/** Null for a device that is not certified here. */
	get(device: Bytes): Promise<KnownDevice | null>
	/** Without waiting; null where it must be asked for. */
	atHand(device: Bytes): KnownDevice | null
	/** Without asking the database for what its connection has proven. */
	learn(device: Bytes, account: Bytes): void
}

const ownersMax = 100_000

export function createAuthors(devices: Devices, accountStates: AccountStates): Authors {
	const owners = new Map<string, Bytes>()
	/** Byte strings that live as long as their connection, and need not be read again. */
	const learned = new WeakSet<Bytes>()

	const learn = (device: Bytes, account: Bytes): void => {
		if (learned.has(device)) return
		learned.add(device)
		const key = bytesToBase64url(device)
		if (owners.has(key)) return
		owners.set(key, account)
		if (owners.size > ownersMax) owners.delete(owners.keys().next().value as string)
	}

	const ownerOf = async (device: Bytes): Promise<Bytes | null> => {
		const known = owners.get(bytesToBase64url(device))
		if (known !== undefined) return known
		const owner = await devices.owner(device)
		if (owner !== null) learn(device, owner)
		return owner
	}

	const knownIn = (idHash: Bytes, state: AccountState | null, deviceId: Bytes): KnownDevice | null => {
		const device = state === null ? null : deviceOf(state, deviceId)
		return device === null ? null : { idHash, device }
	}

	return {
		learn,
		get: async (deviceId) => {
			const idHash = await ownerOf(deviceId)
			return idHash === null ? null : knownIn(idHash, await accountStates.get(idHash), deviceId)
		},
		atHand: (deviceId) => {
			const idHash = owners.get(bytesToBase64url(deviceId))
			return idHash === undefined ? null : knownIn(idHash, accountStates.atHand(idHash), deviceId)
		},
	}
}

/** form1 ‖ v1 ‖ kind1 ‖ flags1 ‖ deviceId16: whose account must be known before the item can be judged. */
export function deviceIn(content: Bytes): Bytes | null {
	if (content.length < 20) return null
	const device = new Uint8Array(16)
	for (let i = 0; i < 16; i++) device[i] = content[4 + i] as number
	return device
}

/** A whole message: no annotation, no deletion, and not what is left of one (forms and kinds of envelope.ts). */
export function isPost(content: Bytes): boolean {
	const [form, , kind] = content
	return form === 0 && kind === 1
}

export function isOwn(device: Bytes | null, uploader: { readonly device: Bytes }): boolean {
	return device !== null && equalBytes(device, uploader.device)
}
