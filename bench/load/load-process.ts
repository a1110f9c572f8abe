/** One process of load: takes a job, connects, says `ready`, starts when told, and gives the result. */
import type { FromLoad, LoadJob, LoadResult, ToLoad } from './job.ts'
import { runClosedLoop } from './closed-loop.ts'
import { connectParties, type Party } from './links.ts'
import { runOpenLoop } from './open-loop.ts'
import { Receipts } from './receipts.ts'

const nothing = (): void => {}

function tell(message: FromLoad): void {
	process.send?.(message)
}

function startTime(): Promise<number> {
	return new Promise((resolve) => {
		process.on('message', (message: ToLoad) => {
			if (message.t === 'start') resolve(message.at)
		})
	})
}

async function work(job: LoadJob): Promise<void> {
	const started = startTime()
	const parties = await connectParties(job)
	const receipts = new Receipts(job)
	tell({ t: 'ready' })
	const start = await started
	const measured = await measure(job, { parties, receipts, start })
	const verdicts = parties.map(({ link }) => link.verdicts())
	const accepted = verdicts.reduce((sum, verdict) => sum + verdict.accepted, 0)
	const notAccepted = verdicts.reduce((sum, verdict) => sum + verdict.notAccepted, 0)
	// The sockets stay open until this process is ended: to close two hundred of them is no part of what is measured.
	for (const { link } of parties) link.listen(nothing, nothing)
	tell({ t: 'done', result: { ...measured, repeated: receipts.repeated, accepted, notAccepted } })
}

function measure(
	job: LoadJob,
	run: { parties: readonly Party[]; receipts: Receipts; start: number },
): Promise<Pick<LoadResult, 'deliveries' | 'latencies' | 'lost' | 'ranOut'>> {
	return job.loop.type === 'open' ? runOpenLoop(job, job.loop, run) : runClosedLoop(job.loop, run)
}

process.on('message', (message: ToLoad) => {
	if (message.t !== 'job') return
	work(message.job).catch((error: unknown) =>
		tell({ t: 'failed', message: error instanceof Error ? String(error.stack) : String(error) }),
	)
})
