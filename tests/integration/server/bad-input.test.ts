/**
 * Every endpoint of the contract meets what does not fit it, on both databases: it answers with a code, says nothing of its inside,
 * and leaves everything as it was. The requests come from the contract's own schemas (tests/support/bad-input.ts).
 */
import { request } from 'node:http'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isWireErrorCode } from '#protocol/errors.ts'
import { badRequests, type BadRequest, type FittingRequest } from '#tests/support/bad-input.ts'
import { endpointRows, type TableWorld } from '#tests/support/endpoint-roles.ts'
import { directBetween } from '#tests/support/http-direct.ts'
import { anonymous, befriend, must, signUp, signUpAdmin, toText } from '#tests/support/http-person.ts'
import { actor } from '#tests/support/log-actors.ts'
import { describeOnPostgres } from '#tests/support/postgres.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

interface Answered {
	readonly status: number
	readonly type: string
	readonly text: string
}

/** As it goes over the wire: `fetch` would put a path right. */
function send(port: number, { method, path, headers, body }: BadRequest, token: string): Promise<Answered> {
	return new Promise((resolve, reject) => {
		const authorization = { authorization: `Bearer ${token}` }
		const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
		const options = { host: '127.0.0.1', port, method, path: `/api/v1${path}` }
		const asked = request({ ...options, headers: { ...authorization, ...length, ...headers } }, (response) => {
			const chunks: Buffer[] = []
			response.on('data', (chunk: Buffer) => void chunks.push(chunk))
			response.on('end', () => {
				const text = Buffer.concat(chunks).toString()
				resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text })
			})
		})
		asked.on('error', reject)
		asked.end(body)
	})
}

/** What only the inside of a server says. */
const inside =
	/\bat .+:\d+|node_modules|Error\b|SQLITE|SELECT |INSERT |violates|relation "|\/(home|work|tmp|usr)\/|zod|orpc/

function codeOf({ text }: Answered): string {
	try {
		return (JSON.parse(text) as { code?: string } | null)?.code ?? 'none'
	} catch {
		return 'none'
	}
}

/** What is wrong with the answer; null: nothing. */
function fault({ method, wants }: BadRequest, answered: Answered): string | null {
	const { status, type, text } = answered
	const said = `${status} ${codeOf(answered)}`
	// What a server does not offer it says with 501.
	if (status >= 500 && status !== 501) return said
	if (status >= 400 && inside.test(text)) return `${said} tells of the inside: ${text.slice(0, 200)}`
	if (status < 400) return wants === 'survived' ? null : `${said} is no refusal`
	// An answer to HEAD has no body.
	if (method === 'HEAD') return null
	if (type !== 'application/problem+json' || !isWireErrorCode(codeOf(answered))) return `${said} is no problem of ours`
	return wants === 'malformed' && codeOf(answered) !== 'malformed' ? `${said} in place of malformed` : null
}

async function rowsOf({ data, kept }: TestServer, database: 'sqlite' | 'postgres'): Promise<string[]> {
	if (database === 'postgres')
		return (await kept()).filter(({ name }) => name === 'a row').map(({ bytes }) => String(bytes))
	const file = new Database(join(data, 'kith.sqlite'), { readonly: true })
	try {
		const tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[]
		return tables.flatMap(({ name }) =>
			file
				.prepare(`SELECT * FROM "${name}"`)
				.all()
				.map((row) => `${name} ${JSON.stringify(row)}`),
		)
	} finally {
		file.close()
	}
}

function suite(database: 'sqlite' | 'postgres'): void {
	let server: TestServer
	let table: TableWorld
	let token: string
	let guest: string
	const stands: TableWorld = {
		stranger: 'A'.repeat(43),
		strangerName: 'stranger',
		victim: 'A'.repeat(43),
		nowhere: 'A'.repeat(22),
	}
	/** One list for the titles; the ids in it are put in when it is asked. */
	const all = (world: TableWorld) =>
		badRequests((group, call) => {
			const row = endpointRows[group]?.[call]
			if (row === undefined) throw new Error(`${group}.${call} has no row in endpoint-roles.ts`)
			const { headers, bytes } = row
			const beside = { ...(headers === undefined ? {} : { headers }), ...(bytes === undefined ? {} : { bytes }) }
			return { input: row.input(world) as FittingRequest['input'], ...beside }
		})
	const endpoints = [...new Set(all(stands).map(({ endpoint }) => endpoint))]

	beforeAll(async () => {
		server = await startTestServer({ database, env: { KITH_SIGN_UP: 'open', KITH_GUESTS: 'on' } })
		const alice = await signUpAdmin(server)
		const bob = await signUp(server, 'bob', { type: 'open' })
		const [stranger, victim] = [
			await signUp(server, 'stranger', { type: 'open' }),
			await signUp(server, 'victim', { type: 'open' }),
		]
		await befriend(alice, bob)
		// Where the table says nowhere stands a conversation that the caller is in: what is wrong is the rest.
		const conversation = await directBetween(alice, bob)
		table = { stranger: stranger.id, strangerName: stranger.name, victim: victim.id, nowhere: conversation }
		token = alice.session.accessToken
		const signingKey = toText(actor('guest').signingKey)
		guest = (await must(anonymous(server).call((api) => api.guests.enter({ signingKey })))).accessToken
	}, 60_000)
	afterAll(() => server.close())

	const tokenFor = ({ endpoint }: BadRequest) => (/^guests\.(?!enter)/.test(endpoint) ? guest : token)

	async function faultsOf(requests: readonly BadRequest[]): Promise<string[]> {
		const faults: string[] = []
		for (const bad of requests) {
			const found = fault(bad, await send(server.port, bad, tokenFor(bad)))
			if (found !== null) faults.push(`${bad.method} ${bad.path.slice(0, 80)}: ${bad.wrong}: ${found}`)
		}
		return faults
	}

	/** These end what the caller has: they come last. */
	const isLast = (endpoint: string) => ['auth.signOut', 'guests.leave'].includes(endpoint)
	const inOrder = [...endpoints.filter((endpoint) => !isLast(endpoint)), ...endpoints.filter(isLast)]

	describe('refuses and changes nothing', () => {
		it.each(inOrder)('%s', async (endpoint) => {
			const before = await rowsOf(server, database)
			const bad = all(table).filter((one) => one.endpoint === endpoint && one.wants !== 'survived')
			expect(await faultsOf(bad)).toEqual([])
			expect(await rowsOf(server, database)).toEqual(before)
		})
	})

	describe('survives', () => {
		it.each(inOrder)('%s', async (endpoint) => {
			expect(await faultsOf(all(table).filter((one) => one.endpoint === endpoint && one.wants === 'survived'))).toEqual(
				[],
			)
			expect(Object.prototype).not.toHaveProperty('polluted')
		})
	})

	it('has logged no failure', () => {
		expect(server.lines.filter(({ level }) => level === 'error')).toEqual([])
	})
}

describe('bad input on SQLite', () => suite('sqlite'))
describeOnPostgres('bad input on PostgreSQL', () => suite('postgres'))

it('spoils every endpoint in several ways, and each of them by its type where it takes a body', () => {
	const world: TableWorld = { stranger: 'A', strangerName: 'x', victim: 'A', nowhere: 'A' }
	const requests = badRequests((group, call) => ({
		input: endpointRows[group]?.[call]?.input(world) as FittingRequest['input'],
	}))
	expect(requests.length).toBeGreaterThan(2500)
	const kinds = (endpoint: string) => requests.filter((one) => one.endpoint === endpoint).map(({ wrong }) => wrong)
	expect(kinds('auth.startRecovery')).toEqual(
		expect.arrayContaining([
			'name is number',
			'has no name',
			'name is too long',
			'is half',
			'is a form',
			'names prototypes',
		]),
	)
	expect(kinds('rooms.sealBoxes')).toEqual(
		expect.arrayContaining(['boxes has too many', 'boxes holds one that has no box']),
	)
	expect(kinds('conversations.rows')).toEqual(expect.arrayContaining(['page in the path is !!!']))
})
