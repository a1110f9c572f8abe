/**
 * Many pages at once, for a device that is new or was long away (SPEC PEER15): the newest page from the server, older ones from own
 * devices that are here, each a page at a time and newest first, and from the server what none of them has. Whose a page was is told.
 */
import type { PageItem } from '#protocol/page-codec.ts'
import type { Timers } from '#protocol/ports.ts'
import type { DeviceId } from './api.ts'
import type { PageHead } from './catch-up.ts'

export interface PageSource {
	readonly device: DeviceId
	/** Null: not the same there, or it does not come. */
	readonly ask: (head: PageHead) => Promise<readonly PageItem[] | null>
	/** It gave what no honest device has. */
	readonly bar: () => void
}

export interface PageSources {
	readonly now: () => readonly PageSource[]
	/** There are own devices that may come. */
	readonly mayCome: () => boolean
	/** Nothing is lacking any more. */
	readonly leave: () => void
}

/** Messages of the pages that were lacking. */
export interface Filled {
	readonly done: number
	readonly total: number
	readonly from: ReadonlyMap<DeviceId, number>
}

export interface FillWork {
	readonly timers: Timers
	/** Null: devices are not reached. */
	readonly sources: (changed: () => void) => Promise<PageSources | null>
	/** False when the connection went. */
	readonly byServer: (head: PageHead) => Promise<boolean>
	/** False: not from there. */
	readonly byDevice: (head: PageHead, source: PageSource) => Promise<boolean>
	readonly filled: (now: Filled | null) => void
}

/** Own devices are met so long after the server, as a rule; ms. */
export const fillPatienceMs = 5_000

/** `heads`: newest first. False when the server did not answer, or the connection went. */
export function fillPages(heads: readonly PageHead[], work: FillWork): Promise<boolean> {
	const newest = Math.max(...heads.map(({ page }) => page))
	const waiting = new Set(heads)
	/** Devices that have not got it. */
	const lacking = new Map<PageHead, Set<DeviceId>>(heads.map((head) => [head, new Set()]))
	const busy = new Set<DeviceId>()
	const from = new Map<DeviceId, number>()
	let isServerBusy = false
	let isPatient = true
	let isBroken = false
	let isOver = false
	let done = 0
	const total = heads.reduce((sum, { posts }) => sum + posts, 0)

	return new Promise((resolve) => {
		let sources: PageSources | null = null
		const here = () => sources?.now() ?? []
		const cancel = work.timers.after(fillPatienceMs, () => {
			isPatient = false
			assign()
		})

		function came({ posts }: PageHead, device: DeviceId | null): void {
			done += posts
			if (device !== null) from.set(device, (from.get(device) ?? 0) + posts)
			work.filled({ done, total, from: new Map(from) })
		}

		const isServers = (head: PageHead) =>
			head.page === newest ||
			(!(isPatient && here().length === 0) && here().every(({ device }) => lacking.get(head)?.has(device) === true))

		async function askServer(head: PageHead): Promise<void> {
			isServerBusy = true
			waiting.delete(head)
			const isHere = await work.byServer(head).catch(() => false)
			isServerBusy = false
			if (isHere) came(head, null)
			else isBroken = true
			assign()
		}

		async function askDevice(head: PageHead, source: PageSource): Promise<void> {
			busy.add(source.device)
			waiting.delete(head)
			const isHere = await work.byDevice(head, source).catch(() => false)
			busy.delete(source.device)
			if (isHere) came(head, source.device)
			else {
				lacking.get(head)?.add(source.device)
				waiting.add(head)
			}
			assign()
		}

		function assign(): void {
			if (isOver) return
			const isIdle = !isServerBusy && busy.size === 0
			if (isIdle && (isBroken || waiting.size === 0)) return end()
			if (isBroken) return
			const next = (fits: (head: PageHead) => boolean) => heads.find((head) => waiting.has(head) && fits(head))
			const forServer = isServerBusy ? undefined : next(isServers)
			if (forServer !== undefined) void askServer(forServer)
			for (const source of here()) {
				const isFree = !busy.has(source.device)
				const head = isFree ? next((one) => lacking.get(one)?.has(source.device) !== true) : undefined
				if (head !== undefined) void askDevice(head, source)
			}
		}

		function end(): void {
			cancel()
			sources?.leave()
			isOver = true
			work.filled(null)
			resolve(!isBroken)
		}

		work.filled({ done, total, from })
		assign()
		work.sources(assign).then(
			(found) => {
				if (isOver) return found?.leave()
				sources = found
				isPatient &&= found?.mayCome() === true
				assign()
			},
			() => {
				isPatient = false
				assign()
			},
		)
	})
}
