/**
 * A conversation of 100,000 messages, scrolled towards the past with the CPU throttled to a quarter: how long frames take,
 * how much stands in the page, and what the heap holds before and after.
 *
 * Wheel events come as a hand sends them. A frame is the time between two animation frames; the longest task is told beside
 * it, because a frame can be late for want of a processor. So is the CPU time of the frames of a second pass, unthrottled
 * and counted four times: the throttle counts as work what it waits for a processor, which a busy machine makes much of.
 */
import type { CDPSession, Page } from '@playwright/test'
import { newTab, openProfile } from '../tests/e2e/profile.ts'
import { frameWork } from './frame-work.ts'
import { fillInPage } from './history/fill-in-page.ts'
import { signInAsAlice, startPair } from './history/people.ts'
import { percentile, rounded, type Line } from './lines.ts'
import type { BenchOptions } from './options.ts'

const throttle = 4
const wheelPx = 240
const wheelEveryMs = 40

interface Frames {
	readonly frames: readonly number[]
	readonly tasks: readonly number[]
	readonly rows: number
	readonly first: string
}

export async function scroll({ quick, seconds }: BenchOptions): Promise<Line[]> {
	const messages = quick ? 5_000 : 100_000
	const pair = await startPair()
	const browser = await openProfile({ port: pair.server.port, context: { serviceWorkers: 'block' } })
	try {
		const door = await newTab(browser)
		await signInAsAlice(door, pair.server.origin)
		await door.close()
		const history = { conversation: pair.conversation, from: 0, to: messages }
		await fillInPage(browser.context, { origin: pair.server.origin, ...history })
		const page = await browser.context.newPage()
		await page.goto(`${pair.server.origin}/c/${pair.conversation}`)
		await page.getByRole('log').getByText(`Message ${messages}:`).waitFor()
		await page.waitForLoadState('networkidle')
		const session = await browser.context.newCDPSession(page)
		const before = await heapOf(session)
		await session.send('Emulation.setCPUThrottlingRate', { rate: throttle })
		const up = await scrolled(page, -wheelPx, seconds)
		const down = await scrolled(page, wheelPx, seconds / 2)
		await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
		const after = await heapOf(session)
		const upWork = await frameWork(page, session, () => wheel(page, -wheelPx, seconds))
		const downWork = await frameWork(page, session, () => wheel(page, wheelPx, seconds / 2))
		return [
			{ ...lineOf('up', up, messages), ...cpuOf(upWork) },
			{ ...lineOf('down', down, messages), ...cpuOf(downWork) },
			{ bench: 'scroll', what: 'heap', messages, before_mb: before, after_mb: after },
		]
	} finally {
		await browser.close()
		await pair.close()
	}
}

async function heapOf(session: CDPSession): Promise<number> {
	await session.send('HeapProfiler.collectGarbage')
	const { usedSize } = await session.send('Runtime.getHeapUsage')
	return rounded(usedSize / 1e6, 1)
}

const watchFrames = `() => {
	const seen = (globalThis.seen = { frames: [], tasks: [] })
	new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' })
	let last = performance.now()
	const frame = (now) => {
		seen.frames.push(now - last)
		last = now
		globalThis.watching = requestAnimationFrame(frame)
	}
	globalThis.watching = requestAnimationFrame(frame)
}`
const readFrames = `() => {
	cancelAnimationFrame(globalThis.watching)
	const rows = [...document.querySelectorAll('[role=log] [data-key]')]
	return { ...globalThis.seen, rows: rows.length, first: rows[0].textContent }
}`

async function scrolled(page: Page, deltaY: number, seconds: number): Promise<Frames> {
	await page.evaluate(`(${watchFrames})()`)
	await wheel(page, deltaY, seconds)
	return page.evaluate<Frames>(`(${readFrames})()`)
}

async function wheel(page: Page, deltaY: number, seconds: number): Promise<void> {
	const box = await page.getByRole('log').boundingBox()
	await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2)
	const until = performance.now() + seconds * 1_000
	while (performance.now() < until) {
		await page.mouse.wheel(0, deltaY)
		await page.waitForTimeout(wheelEveryMs)
	}
}

function cpuOf(work: readonly number[]): Line {
	const sorted = work.map((ms) => ms * throttle).toSorted((a, b) => a - b)
	return {
		cpu_frames: sorted.length,
		cpu_p50_ms: rounded(percentile(sorted, 0.5), 1),
		cpu_p99_ms: rounded(percentile(sorted, 0.99), 1),
		cpu_max_ms: rounded(sorted.at(-1) ?? 0, 1),
		cpu_over_50_ms: sorted.filter((ms) => ms > 50).length,
	}
}

function lineOf(direction: string, { frames, tasks, rows, first }: Frames, messages: number): Line {
	const sorted = frames.toSorted((a, b) => a - b)
	const [, number = '0'] = /Message (\d+)/.exec(first) ?? []
	return {
		...{ bench: 'scroll', what: direction, messages, throttle, frames: frames.length },
		p50_ms: rounded(percentile(sorted, 0.5), 1),
		p99_ms: rounded(percentile(sorted, 0.99), 1),
		max_ms: rounded(sorted.at(-1) ?? 0, 1),
		over_50_ms: sorted.filter((ms) => ms > 50).length,
		longest_task_ms: rounded(Math.max(0, ...tasks), 1),
		rows_in_page: rows,
		reached: Number(number),
	}
}
