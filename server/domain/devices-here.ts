/**
 * Which devices are connected now, to whatever node: those need not be woken (server/domain/push-sending.ts). What nodes say is brought
 * by the edge (server/sync/device-watch.ts). Ids are base64url.
 */
import type { Signals } from './signals.ts'

export interface DevicesHere {
	heard(said: Signals['device-here']): void
	/** A node is gone, and with it all that it said. */
	forget(node: string): void
	isHere(device: string): boolean
}

export function createDevicesHere(): DevicesHere {
	/** The nodes that a device is connected to. */
	const nodes = new Map<string, Set<string>>()

	const heard = ({ device, node, here }: Signals['device-here']): void => {
		const said = nodes.get(device) ?? new Set<string>()
		if (here) said.add(node)
		else said.delete(node)
		if (said.size === 0) nodes.delete(device)
		else nodes.set(device, said)
	}

	return {
		heard,
		forget: (node) => {
			for (const device of [...nodes.keys()]) heard({ device, node, here: false })
		},
		isHere: (device) => nodes.has(device),
	}
}
