/**
 * How fast one socket is read. It is not read while the device is over its rate, or while too much of what it brought is
 * on its way to a verdict: so a flood costs the flooder time, and nobody memory.
 */
import type { Timers } from '#protocol/ports.ts'
import type { Rates } from '#server/domain/events/rates.ts'
import { socketLimits } from './limits.ts'
import type { Wire } from './wire.ts'

export interface ReadingPorts {
	readonly timers: Timers
	readonly deviceRates: Rates
}

export class Reading {
	readonly #ports: ReadingPorts
	readonly #wire: Wire
	/** Reasons not to read. */
	#holds = 0
	#underWay = 0

	/** `ports` are shared by all. */
	constructor(ports: ReadingPorts, wire: Wire) {
		this.#ports = ports
		this.#wire = wire
	}

	charge(device: string, cost: number): void {
		const { deviceRates, timers } = this.#ports
		deviceRates.take(device, cost)
		const wait = deviceRates.wait(device, 0)
		if (wait === null) return
		this.#hold()
		timers.after(wait, () => this.#release())
	}

	uploadBegins(bytes: number): void {
		const before = this.#underWay
		this.#underWay += bytes
		if (!isTooMuch(before) && isTooMuch(this.#underWay)) this.#hold()
	}

	uploadEnds(bytes: number): void {
		const before = this.#underWay
		this.#underWay -= bytes
		if (isTooMuch(before) && !isTooMuch(this.#underWay)) this.#release()
	}

	#hold(): void {
		if (this.#holds++ === 0) this.#wire.pause()
	}

	#release(): void {
		if (--this.#holds === 0) this.#wire.resume()
	}
}

function isTooMuch(bytes: number): boolean {
	return bytes > socketLimits.uploadsUnderWay
}
