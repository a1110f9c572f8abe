/**
 * Whose devices have something stored in an open room: their names are shown to who reads it as a guest (SPEC GST4). What was
 * found is remembered, and only pages that changed since are looked at again.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { AccountState } from '#protocol/account-state.ts'
import type { DomainPorts } from './domain.ts'

export interface OpenAuthors {
	has(conversation: Bytes, account: AccountState): Promise<boolean>
}

interface Known {
	version: number
	/** deviceIds, base64url. */
	readonly devices: Set<string>
}

const roomsMax = 200

export function createOpenAuthors({ repositories }: Pick<DomainPorts, 'repositories'>): OpenAuthors {
	const rooms = new Map<string, Known>()

	async function devicesIn(conversation: Bytes): Promise<ReadonlySet<string>> {
		const key = bytesToBase64url(conversation)
		const known = rooms.get(key) ?? { version: 0, devices: new Set<string>() }
		const counters = await repositories.events.counters(conversation)
		if (counters === null) return known.devices
		for (const { id } of await repositories.events.pages(counters.id, known.version))
			for (const { device, next } of await repositories.events.streams(id))
				if (next > 0) known.devices.add(bytesToBase64url(device))
		known.version = counters.recv
		rooms.delete(key)
		rooms.set(key, known)
		if (rooms.size > roomsMax) rooms.delete(rooms.keys().next().value as string)
		return known.devices
	}

	return {
		has: async (conversation, { devices }) => {
			const writing = await devicesIn(conversation)
			return [...devices.keys()].some((device) => writing.has(device))
		},
	}
}
