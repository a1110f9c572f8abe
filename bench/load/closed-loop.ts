/** Keeps a number of messages of each conversation under way: the next goes out when one has reached every other member. */
import { monotonicMs, sleepUntil } from '../monotonic.ts'
import type { ClosedLoop, LoadResult } from './job.ts'
import { sayClosed, type Party } from './links.ts'
import { eachMarker } from './marker.ts'
import type { Receipts } from './receipts.ts'

const patienceMs = 10_000

export async function runClosedLoop(
	loop: ClosedLoop,
	{ parties, receipts, start }: { parties: readonly Party[]; receipts: Receipts; start: number },
): Promise<Pick<LoadResult, 'deliveries' | 'latencies' | 'lost' | 'ranOut'>> {
	const from = start + loop.warmUpMs
	const until = from + loop.measureMs
	const lanes = new Map<number, Lane>()
	for (const group of Map.groupBy(parties, ({ conversation }) => conversation.index).values()) {
		const lane = new Lane(group)
		lanes.set(lane.index, lane)
	}
	let deliveries = 0
	for (const { conversation, member, link } of parties) {
		const lane = lanes.get(conversation.index) as Lane
		const onFrame = (frame: Buffer): void => {
			const now = monotonicMs()
			eachMarker(frame, (index, n) => {
				const receipt = index === conversation.index ? receipts.note(index, member, n) : null
				if (receipt === null) return
				if (now >= from && now < until) deliveries++
				if (receipt.complete && now < until) lane.sendNext()
			})
		}
		link.listen(onFrame, sayClosed)
	}
	await sleepUntil(start)
	for (const lane of lanes.values()) for (let i = 0; i < loop.underWay; i++) lane.sendNext()
	await sleepUntil(until)
	const ranOut = [...lanes.values()].some(({ isEmpty }) => isEmpty)
	const expected = receipts.expected((index) => lanes.get(index)?.sent ?? 0)
	const deadline = monotonicMs() + patienceMs
	while (receipts.received < expected && monotonicMs() < deadline) await sleepUntil(monotonicMs() + 20)
	return { deliveries, latencies: new Float32Array(0), lost: expected - receipts.received, ranOut }
}

/** One conversation: its messages go out in their order, so that no page is full before its time. */
class Lane {
	readonly index: number
	sent = 0
	readonly #parties: readonly Party[]
	readonly #messages: number

	constructor(parties: readonly Party[]) {
		const { index, messages } = (parties[0] as Party).conversation
		this.index = index
		this.#messages = messages
		this.#parties = parties.toSorted((a, b) => a.member - b.member)
	}

	get isEmpty(): boolean {
		return this.sent >= this.#messages
	}

	sendNext(): void {
		if (this.isEmpty) return
		const n = this.sent++
		this.#parties[n % this.#parties.length]?.link.send(n)
	}
}
