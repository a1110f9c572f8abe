/** The time, as often as words like "today" can change: once a minute. The clock is handed in. */
export class Minute {
	now = $state(0)
	readonly #clock: () => number

	/** `clock`: ms since the Unix epoch. */
	constructor(clock: () => number) {
		this.#clock = clock
		this.now = clock()
	}

	/** Follows the clock from minute to minute; returns how to stop. */
	run(): () => void {
		let timer: ReturnType<typeof setTimeout>
		const tick = () => {
			this.now = this.#clock()
			timer = setTimeout(tick, 60_000 - (this.now % 60_000))
		}
		tick()
		return () => clearTimeout(timer)
	}
}
