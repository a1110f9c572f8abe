/** Idempotency-Key: a request whose answer was lost is sent again, and done once; on both databases. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8ToBytes } from '#protocol/bytes.ts'
import { routes } from '#protocol/http/routes.ts'
import { keptAnswerLimits } from '#server/domain/kept-answers.ts'
import { onceRoutes } from '#server/http/asked-once.ts'
import { must, refreshForm, signUp, signUpAdmin, toBytes, type Person } from '#tests/support/http-person.ts'
import { findLeaks } from '#tests/support/leak-search.ts'
import { describeOnPostgres } from '#tests/support/postgres.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

let server: TestServer
let now = Date.now()
let alice: Person

interface Answered {
	readonly status: number
	readonly body: string
	readonly code: string | undefined
}

async function post(person: Person, path: string, body: object, key: string | null): Promise<Answered> {
	const headers = { authorization: `Bearer ${person.session.accessToken}`, 'content-type': 'application/json' }
	const answer = await fetch(`${server.origin}/api/v1${path}`, {
		method: 'POST',
		headers: key === null ? headers : { ...headers, 'idempotency-key': key },
		body: JSON.stringify(body),
	})
	const text = await answer.text()
	return { status: answer.status, body: text, code: (JSON.parse(text) as { code?: string }).code }
}

const week = { uses: 1, days: 7 }
const invite = (person: Person, key: string | null, about = week) => post(person, '/invites', about, key)
const invitesOf = async (person: Person) => (await must(person.http.call((api) => api.invites.list({})))).invites.length
const fresh = () => `"${randomUUID()}"`

function story(database: 'sqlite' | 'postgres'): void {
	beforeEach(async () => {
		now = Date.now()
		server = await startTestServer({ env: { KITH_SIGN_UP: 'open' }, clock: () => now, database })
		alice = await signUpAdmin(server)
	})
	afterEach(() => server.close())

	it('[S2] the same key and the same request: the same answer, and it was done once', async () => {
		const key = fresh()
		const first = await invite(alice, key)
		expect(first.status).toBe(201)
		expect(await invite(alice, key)).toEqual(first)
		// Quotes are how it is written, and no part of it.
		expect(await invite(alice, key.slice(1, -1))).toEqual(first)
		expect(await invitesOf(alice)).toBe(1)
		expect((await invite(alice, null)).body).not.toBe(first.body)
		expect((await invite(alice, fresh())).body).not.toBe(first.body)
		expect(await invitesOf(alice)).toBe(3)
	})

	it('[S2] the same key for something else is refused, and nothing is done', async () => {
		const key = fresh()
		await invite(alice, key)
		expect(await invite(alice, key, { uses: 2, days: 7 })).toMatchObject({ status: 422, code: 'key-reused' })
		const bot = await post(alice, '/bots', { name: 'echo', scopes: ['read'] }, key)
		expect(bot).toMatchObject({ status: 422, code: 'key-reused' })
		expect(await invitesOf(alice)).toBe(1)
	})

	it('[S2] many at the same time: one is done, the others hear of it or are told to ask again', async () => {
		const key = fresh()
		const answers = await Promise.all(Array.from({ length: 20 }, () => invite(alice, key)))
		expect(new Set(answers.map(({ code }) => code ?? 'done'))).toSatisfy((codes: Set<string>) =>
			[...codes].every((code) => code === 'done' || code === 'under-way'),
		)
		expect(await invitesOf(alice)).toBe(1)
		expect(new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body)).size).toBe(1)
	})

	it('what was answered outlives the server, and opens to nobody who has its files', async () => {
		const key = fresh()
		const echo = { name: 'echo-of-alice', scopes: ['read'] }
		const first = await post(alice, '/bots', echo, key)
		const { token } = JSON.parse(first.body) as { token: string }
		server = await server.restart()
		expect(await post(alice, '/bots', echo, key)).toEqual(first)
		const secrets = [
			{ name: 'token', value: token },
			{ name: 'key', value: key.slice(1, -1) },
		]
		expect(findLeaks(secrets, await server.kept())).toEqual([])
		// What the search would find: the bot's name.
		expect(findLeaks([{ name: 'canary', value: 'echo-of-alice' }], await server.kept()).length).toBeGreaterThan(0)
	})

	it('a refusal did nothing, and its key is free', async () => {
		const key = fresh()
		const name = { name: 'alice', scopes: ['read'] }
		expect(await post(alice, '/bots', name, key)).toMatchObject({ code: 'name-taken' })
		expect((await post(alice, '/bots', { ...name, name: 'echo' }, key)).status).toBe(201)
	})

	it('after a day the key stands for nothing, and the sweep leaves no row', async () => {
		const key = fresh()
		const first = await invite(alice, key)
		now += keptAnswerLimits.lifetimeMs
		alice.session = await renewed(alice)
		expect((await invite(alice, key)).body).not.toBe(first.body)
		now += keptAnswerLimits.lifetimeMs + 1
		await server.domain.keptAnswers.dropExpired()
		expect(await server.domain.repositories.keptAnswers.count(toBytes(alice.id))).toBe(0)
	})
}

async function renewed(person: Person): Promise<Person['session']> {
	return must(person.http.call(async (api) => api.auth.refresh(await refreshForm(person))))
}

describe('on SQLite', () => story('sqlite'))
describeOnPostgres('on PostgreSQL', () => story('postgres'))

describe('who means harm', () => {
	beforeEach(async () => {
		now = Date.now()
		server = await startTestServer({ env: { KITH_SIGN_UP: 'open' }, clock: () => now })
		alice = await signUpAdmin(server)
	})
	afterEach(() => server.close())

	const begin = (person: Person, key: string, request = 'request') =>
		server.domain.keptAnswers.begin({ account: toBytes(person.id), key, request: utf8ToBytes(request) })

	it('brings the key of somebody else, and gets an answer of his own', async () => {
		const mallory = await signUp(server, 'mallory', { type: 'open' })
		const key = fresh()
		const first = await invite(alice, key)
		const his = await invite(mallory, key)
		expect(his.status).toBe(201)
		expect(his.body).not.toBe(first.body)
	})

	it('asks with a session that was ended, and is told nothing', async () => {
		const key = fresh()
		await invite(alice, key)
		await must(alice.http.call((api) => api.auth.signOut({})))
		expect(await invite(alice, key)).toMatchObject({ status: 401 })
	})

	it('fills the disk with keys: those beyond the limit are refused, of him alone', async () => {
		const bob = await signUp(server, 'bob', { type: 'open' })
		for (let i = 0; i < keptAnswerLimits.perAccount; i++) {
			const begun = await begin(alice, `key number ${String(i).padStart(6, '0')}`)
			if (begun.ok && begun.value.type === 'first') await begun.value.keep(utf8ToBytes('{"status":201,"body":""}'))
		}
		expect(await invite(alice, fresh())).toMatchObject({ status: 429, code: 'rate-limited' })
		expect(await invitesOf(alice)).toBe(0)
		expect((await invite(alice, null)).status).toBe(201)
		expect((await invite(bob, fresh())).status).toBe(201)
		// What is kept is still answered.
		expect(await begin(alice, 'key number 000007')).toMatchObject({ ok: true, value: { type: 'answered' } })
	})

	it.each([
		'',
		'short',
		'"too-short"',
		`"${'a'.repeat(65)}"`,
		'a'.repeat(65),
		'"sixteen letters or so',
		'ä'.repeat(16),
	])('sends %j for a key', async (key) => {
		expect(await invite(alice, key)).toMatchObject({ status: 400, code: 'malformed' })
		expect(await invitesOf(alice)).toBe(0)
	})

	it('asks while it is being done: 409, until a minute has passed without an answer', async () => {
		const key = randomUUID()
		const first = await begin(alice, key)
		expect(await begin(alice, key)).toEqual({
			ok: false,
			error: { type: 'under-way', retryAfterMs: keptAnswerLimits.retryAfterMs },
		})
		expect(await begin(alice, key, 'another')).toMatchObject({ error: { type: 'key-reused' } })
		now += keptAnswerLimits.patienceMs
		const second = await begin(alice, key)
		if (!first.ok || first.value.type !== 'first' || !second.ok || second.value.type !== 'first')
			return expect.unreachable('both did it')
		// The first was taken for dead: what it says is not heard any more.
		await first.value.keep(utf8ToBytes('late'))
		expect(await begin(alice, key)).toMatchObject({ error: { type: 'under-way' } })
		await second.value.keep(utf8ToBytes('in time'))
		await first.value.letGo()
		expect(await begin(alice, key)).toEqual({ ok: true, value: { type: 'answered', answer: utf8ToBytes('in time') } })
	})
})

it('calls that open a session, or name what they write, take no key: nothing of theirs is kept', () => {
	const sessions = [
		...Object.values(routes.auth),
		routes.accounts.addDevice,
		routes.sync.createTicket,
		routes.guests.enter,
	]
	expect(onceRoutes.filter((route) => (sessions as readonly string[]).includes(route))).toEqual([])
	expect(onceRoutes.every((route) => route.startsWith('POST /'))).toBe(true)
})
