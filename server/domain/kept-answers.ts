/**
 * A request under an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header) is done once: whoever asks again, because the answer
 * was lost, gets the answer of the first time (docs/decisions/0391). What was refused did nothing and is not kept.
 *
 * Answers hold tokens that lie in the database as hashes only. So they are sealed, under a key that follows from the key of the
 * request and from this server's secret: of the two the database has neither.
 */
import { concatBytes, equalBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import type { DomainPorts } from './domain.ts'
import { refuse, type Decided } from './refusal.ts'
import { decideInTransaction } from './transaction.ts'

const minute = 60_000

export const keptAnswerLimits = {
	/** How long an answer is kept, and its key may stand for nothing else. */
	lifetimeMs: 24 * 60 * minute,
	/** Filling the disk with keys: so many of one account are kept at a time. */
	perAccount: 500,
	/** A server that died in the middle left no answer: from then on the same request is done anew. */
	patienceMs: minute,
	/** When to ask again for what is under way, ms. */
	retryAfterMs: 1000,
} as const

interface Asked {
	readonly account: Bytes
	readonly key: string
	/** All that makes the request this one: route, address, body. */
	readonly request: Bytes
}

/** The first with its key: whoever holds it does what was asked, and says how it ended. */
interface FirstTime {
	readonly type: 'first'
	keep(answer: Bytes): Promise<void>
	/** It was refused, or failed: the key is free. */
	letGo(): Promise<void>
}

interface AnsweredBefore {
	readonly type: 'answered'
	readonly answer: Bytes
}

export interface KeptAnswersApi {
	/** Refused: key-reused, under-way, rate-limited. */
	begin(asked: Asked): Promise<Decided<FirstTime | AnsweredBefore>>
	dropExpired(): Promise<void>
}

type Ports = Pick<DomainPorts, 'unitOfWork' | 'clock' | 'secrets'>

export function createKeptAnswers(ports: Ports): KeptAnswersApi {
	return {
		begin: (asked) => begin(ports, asked),
		dropExpired: () =>
			ports.unitOfWork.transaction(({ keptAnswers }) =>
				keptAnswers.deleteBefore(ports.clock() - keptAnswerLimits.lifetimeMs),
			),
	}
}

const label = 'kept-answer'

function begin(ports: Ports, { account, key, request }: Asked): ReturnType<KeptAnswersApi['begin']> {
	const { secrets, clock, unitOfWork } = ports
	const about = concatBytes(account, utf8ToBytes(key))
	const id = secrets.hmac('kept-answer-id', about)
	const row = { id, account, request: secrets.hmac('kept-answer-request', concatBytes(id, request)) }
	return decideInTransaction<FirstTime | AnsweredBefore>(unitOfWork, async ({ repositories: { keptAnswers } }) => {
		const now = clock()
		const stored = await keptAnswers.byId(id)
		const known = stored !== null && stored.at > now - keptAnswerLimits.lifetimeMs ? stored : null
		if (known !== null && !equalBytes(known.request, row.request)) return refuse('key-reused')
		const answer = known === null || known.answer === null ? null : secrets.open(label, about, known.answer)
		if (answer !== null) return ok({ type: 'answered', answer })
		if (known !== null && known.answer === null && known.at > now - keptAnswerLimits.patienceMs)
			return { ok: false, error: { type: 'under-way', retryAfterMs: keptAnswerLimits.retryAfterMs } }
		if (stored === null && (await keptAnswers.count(account)) >= keptAnswerLimits.perAccount)
			return { ok: false, error: { type: 'rate-limited', retryAfterMs: minute } }
		const begun = { ...row, at: now, answer: null }
		await keptAnswers.put(begun)
		return ok(firstTime(ports, begun, (text) => secrets.seal(label, about, text)))
	})
}

interface Begun {
	readonly id: Bytes
	readonly account: Bytes
	readonly request: Bytes
	readonly at: number
}

function firstTime({ unitOfWork }: Ports, begun: Begun, seal: (answer: Bytes) => Bytes): FirstTime {
	const { id, at } = begun
	/** Nothing where another took over, or the row has expired. */
	const end = (answer: Bytes | null) =>
		unitOfWork.transaction(async ({ keptAnswers }) => {
			const row = await keptAnswers.byId(id)
			if (row === null || row.at !== at || row.answer !== null) return
			if (answer === null) await keptAnswers.delete(id)
			else await keptAnswers.put({ ...begun, answer })
		})
	return { type: 'first', keep: (answer) => end(seal(answer)), letGo: () => end(null) }
}
