/**
 * A device that signed something which does not verify runs a changed client, or is broken. It is barred: its sessions end,
 * only an unlock method of its account opens another, and from then on every signature of its is verified, also after a
 * restart (SPEC ADM17, docs/decisions/0070).
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { endFamiliesOfDevice, type SessionContext } from './session-families.ts'

export interface Bars {
	/** base64url ids of all devices that were ever barred. */
	readonly suspects: Set<string>
	bar(device: { readonly account: Bytes; readonly device: Bytes }): Promise<void>
}

export async function createBars(context: SessionContext): Promise<Bars> {
	const { repositories, unitOfWork, cluster, clock, log } = context
	const suspects = new Set<string>()
	cluster.subscribe('device-barred', ({ device }) => void suspects.add(device))
	const read = async () => {
		for (const device of await repositories.devices.barred()) suspects.add(bytesToBase64url(device))
	}
	cluster.subscribe('stale', (stale) => {
		if (stale.of === 'device') suspects.add(stale.id)
		if (stale.of === 'everything') read().catch((error: unknown) => log.error('bars-not-read', { error }))
	})
	await read()
	return {
		suspects,
		bar: ({ account, device }) =>
			unitOfWork.transaction(async (stored, afterCommit) => {
				await stored.devices.bar(device, clock())
				afterCommit(() => cluster.publish('device-barred', { device: bytesToBase64url(device) }))
				const transaction = { repositories: stored, afterCommit }
				await endFamiliesOfDevice(context, transaction, { account, device, code: 'bad-device-proof' })
			}),
	}
}
