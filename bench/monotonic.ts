/** One clock for all processes of a run: CLOCK_MONOTONIC, ms. */
export function monotonicMs(): number {
	return Number(process.hrtime.bigint()) / 1e6
}

export function sleepUntil(at: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, Math.max(0, at - monotonicMs())))
}
