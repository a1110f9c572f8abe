/**
 * Tells all nodes which devices are connected to this one: a device that has a socket anywhere hears by it what is new, and is woken
 * by nobody else. Told when its first connection is live and when its last one is over.
 */
import type { SyncNode } from './node.ts'

type Ports = Pick<SyncNode, 'domain' | 'live' | 'name'>

export class DeviceWatch {
	readonly #ports: Ports
	/** What this node said last: those that are here. */
	readonly #here = new Set<string>()

	constructor(ports: Ports) {
		this.#ports = ports
	}

	/** Signals of all nodes; the answer stops listening. */
	listen(): () => void {
		const { cluster, devicesHere } = this.#ports.domain
		const stops = [
			cluster.subscribe('device-here', (said) => devicesHere.heard(said)),
			cluster.subscribe('node-came', () => {
				for (const device of this.#here) this.#say(device, true)
			}),
			cluster.subscribe('node-gone', ({ node }) => devicesHere.forget(node)),
		]
		return () => stops.forEach((stop) => stop())
	}

	/** A connection of the device came or went. */
	changed({ account, device }: { readonly account: string; readonly device: string }): void {
		const here = this.#ports.live.of(account).some((connection) => connection.isLive && connection.device === device)
		if (device === '' || here === this.#here.has(device)) return
		if (here) this.#here.add(device)
		else this.#here.delete(device)
		this.#say(device, here)
	}

	#say(device: string, here: boolean): void {
		this.#ports.domain.cluster.publish('device-here', { device, node: this.#ports.name, here })
	}
}
