/** Sends on a timetable, and measures from the timetable: a server that falls behind is not excused by a sender that waits. */
import { monotonicMs, sleepUntil } from '../monotonic.ts'
import type { LoadJob, LoadResult, OpenLoop } from './job.ts'
import { sayClosed, type Party } from './links.ts'
import { eachMarker } from './marker.ts'
import type { Receipts } from './receipts.ts'

/** Nothing new for this long after the last message: what is missing is lost. */
const patienceMs = 15_000

interface Due {
	readonly at: number
	readonly n: number
	readonly party: Party
}

export async function runOpenLoop(
	job: LoadJob,
	loop: OpenLoop,
	{ parties, receipts, start }: { parties: readonly Party[]; receipts: Receipts; start: number },
): Promise<Pick<LoadResult, 'deliveries' | 'latencies' | 'lost' | 'ranOut'>> {
	const dueAt = (conversation: number, n: number): number =>
		start + (n + conversation / loop.conversations) * loop.everyMs
	const measuredFrom = start + loop.warmUpMs
	const latencies: number[] = []
	for (const { conversation, member, link } of parties) {
		const onFrame = (frame: Buffer): void => {
			const now = monotonicMs()
			eachMarker(frame, (index, n) => {
				if (index !== conversation.index || receipts.note(index, member, n) === null) return
				const due = dueAt(index, n)
				if (due >= measuredFrom) latencies.push(now - due)
			})
		}
		link.listen(onFrame, sayClosed)
	}
	await sendAll(timetable(parties, dueAt))
	const messages = new Map(job.conversations.map(({ index, messages }) => [index, messages]))
	const expected = receipts.expected((index) => messages.get(index) ?? 0)
	await allArrived(receipts, expected)
	const sorted = Float32Array.from(latencies).sort()
	return { deliveries: latencies.length, latencies: sorted, lost: expected - receipts.received, ranOut: false }
}

function timetable(parties: readonly Party[], dueAt: (conversation: number, n: number) => number): Due[] {
	const table = parties.flatMap((party) => {
		const { index, messages, memberCount, members } = party.conversation
		const due: Due[] = []
		for (let n = members[party.member]?.position ?? messages; n < messages; n += memberCount) {
			due.push({ at: dueAt(index, n), n, party })
		}
		return due
	})
	return table.sort((a, b) => a.at - b.at)
}

function sendAll(table: readonly Due[]): Promise<void> {
	let next = 0
	return new Promise((resolve) => {
		const pump = (): void => {
			const now = monotonicMs()
			for (let due = table[next]; due !== undefined && due.at <= now; due = table[++next]) due.party.link.send(due.n)
			const upcoming = table[next]
			if (upcoming === undefined) resolve()
			else setTimeout(pump, upcoming.at - now)
		}
		pump()
	})
}

async function allArrived(receipts: Receipts, expected: number): Promise<void> {
	let seen = -1
	let since = monotonicMs()
	while (receipts.received < expected) {
		if (receipts.received !== seen) {
			seen = receipts.received
			since = monotonicMs()
		}
		if (monotonicMs() - since > patienceMs) return
		await sleepUntil(monotonicMs() + 20)
	}
}
