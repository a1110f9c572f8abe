/** The own devices, from the verified account log; when each was last used, by the server's word. */
import type { AccountState } from '#protocol/account-state.ts'
import type { DeviceId, DeviceLabel, DeviceView } from './api.ts'

interface SessionAnswer {
	readonly sid: string
	readonly deviceId: string
	readonly lastUsedAt: number
}

interface Facts {
	readonly current: DeviceId
	readonly sessions: readonly SessionAnswer[]
	readonly label: (device: DeviceId) => DeviceLabel | null
}

export function toDeviceViews(state: AccountState, { current, sessions, label }: Facts): DeviceView[] {
	const views = [...state.devices].map(([device, { certifiedTime, ended }]): DeviceView => {
		const session = sessions.find(({ deviceId }) => deviceId === device)
		return {
			device,
			label: label(device),
			current: device === current,
			addedAt: certifiedTime,
			lastUsedAt: session?.lastUsedAt ?? null,
			sid: session?.sid ?? null,
			ended: ended !== null,
		}
	})
	return views.sort(
		(a, b) => Number(b.current) - Number(a.current) || Number(a.ended) - Number(b.ended) || b.addedAt - a.addedAt,
	)
}
