/** Every endpoint, asked by everybody there is, of a real server: the table in tests/support/endpoint-roles.ts, whole. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorAnswers } from '#protocol/error-answers.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { contract } from '#protocol/http/contract.ts'
import { routes } from '#protocol/http/routes.ts'
import {
	callerRoles,
	endpointRows,
	tableGaps,
	type CallerRole,
	type EndpointRow,
	type TableWorld,
} from '#tests/support/endpoint-roles.ts'
import { anonymous, must, signUp, signUpAdmin, toBytes, toText, type Person } from '#tests/support/http-person.ts'
import { actor } from '#tests/support/log-actors.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

let server: TestServer
let alice: Person
let bob: Person
let closed: Person
let guestToken: string
let table: TableWorld
let count = 0

const newcomer = (name: string) => signUp(server, `${name}${++count}`, { type: 'open' })

async function close(person: Person): Promise<Person> {
	await must(alice.http.call((api) => api.admin.disable({ account: person.id })))
	return person
}

beforeAll(async () => {
	server = await startTestServer({ env: { KITH_SIGN_UP: 'open', KITH_GUESTS: 'on' } })
	alice = await signUpAdmin(server)
	bob = await newcomer('bob')
	closed = await close(await newcomer('closed'))
	guestToken = await tokenOfGuest()
	const [stranger, victim] = [await newcomer('stranger'), await newcomer('victim')]
	table = { stranger: stranger.id, strangerName: stranger.name, victim: victim.id, nowhere: toText(new Uint8Array(16)) }
})
afterAll(() => server.close())

async function tokenOfGuest(): Promise<string> {
	const signingKey = toText(actor(`guest ${++count}`).signingKey)
	const { accessToken } = await must(anonymous(server).call((api) => api.guests.enter({ signingKey })))
	return accessToken
}

/** The access token that a caller of this role sends. */
async function tokenOf(role: CallerRole, { fresh }: EndpointRow): Promise<string | null> {
	switch (role) {
		case 'none':
			return null
		case 'guest':
			return fresh === true ? await tokenOfGuest() : guestToken
		case 'user':
			return (fresh === true ? await newcomer('user') : bob).session.accessToken
		case 'admin': {
			if (fresh !== true) return alice.session.accessToken
			const admin = await newcomer('admin')
			await must(alice.http.call((api) => api.admin.setRole({ account: admin.id, role: 'admin' })))
			return admin.session.accessToken
		}
		case 'disabled':
			return closed.session.accessToken
	}
}

interface Told {
	readonly status: number
	readonly code: string
}

/** As any client asks: the path from the routes, what is left of the input in the query or the body. */
async function ask(
	group: string,
	call: string,
	{ input, token, row }: { input: object; token: string | null; row: EndpointRow },
): Promise<Told> {
	const calls = routes as unknown as Readonly<Record<string, Readonly<Record<string, string>>>>
	const [method = '', template = ''] = (calls[group]?.[call] ?? '').split(' ')
	const rest = new Map<string, unknown>(Object.entries(input))
	const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
		const value = String(rest.get(name))
		rest.delete(name)
		return encodeURIComponent(value)
	})
	const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
	const isRead = method === 'GET' || method === 'HEAD'
	const content = row.bytes === true ? new Uint8Array(1) : JSON.stringify(Object.fromEntries(rest))
	const body = isRead ? {} : { body: content }
	if (!isRead) headers['content-type'] = row.bytes === true ? 'application/offset+octet-stream' : 'application/json'
	Object.assign(headers, row.headers)
	const response = await fetch(`${server.origin}/api/v1${path}`, { method, headers, ...body })
	// An answer to HEAD has no body: its status is all that it says.
	if (method === 'HEAD') return { status: response.status, code: codeOfStatus(response.status) }
	const answer = (await response.json()) as { code?: string }
	return { status: response.status, code: response.ok ? 'ok' : (answer.code ?? '(no code)') }
}

function codeOfStatus(status: number): string {
	const codes: Record<number, string> = { 200: 'ok', 401: 'unauthenticated', 404: 'not-found' }
	return codes[status] ?? 'any'
}

describe('every endpoint answers everybody as the table says', () => {
	for (const [group, calls] of Object.entries(endpointRows)) {
		for (const [call, row] of Object.entries(calls)) {
			it(`${group}.${call}`, async () => {
				const told: Record<string, Told> = {}
				const wanted: Record<string, Told> = {}
				for (const role of callerRoles) {
					const input = row.input(table) as object
					told[role] = await ask(group, call, { input, token: await tokenOf(role, row), row })
					const outcome = row[role]
					const status = outcome === 'ok' ? told[role].status : errorAnswers[outcome as WireErrorCode].status
					const code = told[role].code === 'any' ? 'any' : outcome
					wanted[role] = { status, code }
				}
				expect(told).toEqual(wanted)
			})
		}
	}
})

describe('the table', () => {
	it('has a row for every call of the contract, and none besides', () => {
		expect(tableGaps(contract, endpointRows)).toEqual([])
	})

	it('says where to add the row of a new call, and which row is left over', () => {
		const { get: _taken, ...without } = { get: 0, put: 0 }
		expect(tableGaps({ things: { get: 0, put: 0 } }, { things: without, others: { list: 0 } })).toEqual([
			'things.get says nowhere who may call it: add its row to endpointRows in tests/support/endpoint-roles.ts.',
			'others.list is no call of the contract: take its row out of tests/support/endpoint-roles.ts.',
		])
	})

	it('is asked with the token of the one whom it names', async () => {
		const payload = JSON.parse(new TextDecoder().decode(toBytes(guestToken.split('.')[1] as string))) as {
			role: string
		}
		expect(payload.role).toBe('guest')
		expect(alice.session.role).toBe('admin')
		expect(bob.session.role).toBe('user')
	})
})
