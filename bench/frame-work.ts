/**
 * What each frame of a page costs its main thread: CPU time of all its tasks from one animation frame to the next, by the
 * browser's own tracing. Waiting for a processor is not in it, so that it can be compared on a busy machine.
 */
import type { CDPSession, Page } from '@playwright/test'

interface TraceEvent {
	readonly name: string
	readonly pid: number
	readonly tid: number
	/** Microseconds; `tdur` is CPU time of the thread. */
	readonly ts: number
	readonly dur?: number
	readonly tdur?: number
}

const frameMark = 'bench frame'
const markFrames = `() => {
	globalThis.marking = true
	const frame = () => {
		performance.mark(${JSON.stringify(frameMark)})
		if (globalThis.marking) requestAnimationFrame(frame)
	}
	requestAnimationFrame(frame)
}`

/** ms for each frame while `run` goes on. */
export async function frameWork(page: Page, session: CDPSession, run: () => Promise<void>): Promise<number[]> {
	const events: TraceEvent[] = []
	const collect = ({ value }: { value: object[] }) => void events.push(...(value as TraceEvent[]))
	session.on('Tracing.dataCollected', collect)
	const complete = new Promise((done) => session.once('Tracing.tracingComplete', done))
	await session.send('Tracing.start', {
		transferMode: 'ReportEvents',
		traceConfig: { includedCategories: ['toplevel', 'blink.user_timing'], excludedCategories: ['*'] },
	})
	await page.evaluate(`(${markFrames})()`)
	await run()
	await page.evaluate('globalThis.marking = false')
	await session.send('Tracing.end')
	await complete
	session.off('Tracing.dataCollected', collect)
	return workOf(events)
}

/** A frame ends with the task in which its mark lies: the one that also lays out and paints. */
function workOf(events: readonly TraceEvent[]): number[] {
	const [first] = events.filter(({ name }) => name === frameMark)
	if (first === undefined) return []
	const isHere = ({ pid, tid }: TraceEvent) => pid === first.pid && tid === first.tid
	const here = events.filter(isHere).toSorted((a, b) => a.ts - b.ts)
	const marks = here.filter(({ name }) => name === frameMark).map(({ ts }) => ts)
	const frames: number[] = []
	let work = 0
	for (const { ts, dur = 0, tdur = 0 } of here.filter(({ name }) => name === 'ThreadControllerImpl::RunTask')) {
		if (ts < (marks[0] ?? 0)) continue
		work += tdur / 1_000
		if (!marks.some((mark) => mark >= ts && mark < ts + dur)) continue
		frames.push(work)
		work = 0
	}
	return frames
}
