import { expect, test, type Page } from '@playwright/test'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filesIn, findLeaks, spellingsOf, type Place, type Secret } from '../support/leak-search.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { capturedPlaces, readWire } from '../support/wire-capture.ts'
import { composer, expectMark, expectTexts, message, openFriend, ownLink, signUp, write } from './app.ts'
import { newTab, openProfile, type Profile } from './profile.ts'
import { words } from './wording.ts'

/**
 * The main story, once on everything real: two people in two browsers, a server as it is started by hand, password hashing
 * as in production, and the question what the server and the network got to see of it.
 */
let data: string
let server: ServerProcess
let alice: Profile
let bob: Profile

test.beforeAll(async () => {
	test.setTimeout(360_000)
	data = await mkdtemp(join(tmpdir(), 'kith-e2e-'))
	server = await startServerProcess({ data, env: { KITH_LOG: 'debug' } })
	alice = await openProfile({ port: server.port })
	bob = await openProfile({ port: server.port })
})

test.afterEach(async ({}, testInfo) => {
	if (testInfo.status === testInfo.expectedStatus) return
	const errors = [alice, bob].map(({ errors: seen }) => seen.join('\n')).join('\n')
	await testInfo.attach('server log and console errors', {
		body: `${server.log()}\n${errors}`,
		contentType: 'text/plain',
	})
})

test.afterAll(async () => {
	for (const profile of [alice, bob]) await profile?.close()
	await server?.stop()
	if (data !== undefined) await rm(data, { recursive: true, force: true })
})

const people = {
	alice: { name: 'alice.liddell', displayName: 'Alice', password: 'painting the roses red at noon' },
	bob: { name: 'bob.builder', displayName: 'Bob', password: 'scoop muck dizzy roley lofty' },
}

const said = {
	hello: 'Is this thing really working?',
	answer: 'It is. Nobody else can read it.',
	offline: ['First, written in a tunnel', 'Second, written in a tunnel', 'Third, written in a tunnel'],
	after: 'And out of it again',
}

/** What must stand nowhere, collected while the story goes on. */
const texts: Secret[] = Object.values(said)
	.flat()
	.map((value) => ({ name: `message "${value}"`, value }))
const passwords: Secret[] = Object.values(people).map(({ name, password }) => ({
	name: `password of ${name}`,
	value: password,
}))
const tokens: Secret[] = []

function tokenSecret(name: string, token: string): void {
	tokens.push({ name, value: token }, { name: `${name}, decoded`, value: Buffer.from(token, 'base64url') })
}

/** Tokens that went over the wire: each refresh token that was set as a cookie, each access token given out. */
function collectTokens({ wire }: Profile): void {
	for (const { down } of wire.connections) {
		const bytes = Buffer.concat(down).toString('latin1')
		for (const [, token = ''] of bytes.matchAll(/set-cookie: [^=]+=([A-Za-z0-9_.-]{20,})/gi))
			tokenSecret('refresh token', token)
		for (const { body } of readWire(down, false).messages) {
			const [, token] = /"accessToken":"([^"]+)"/.exec(body.toString()) ?? []
			if (token !== undefined) tokens.push({ name: 'access token', value: token })
		}
	}
}

async function tabOf(profile: Profile, url: string): Promise<Page> {
	const page = await newTab(profile)
	await page.goto(url)
	return page
}

test('[A1][A3][F1][C1][M1][L1] two people in two browsers: from the set-up link to a message that survives a killed tab', async () => {
	test.setTimeout(240_000)
	const setupLink = await server.setupLink()
	tokenSecret('set-up token', setupLink.slice(setupLink.indexOf('#') + 1))

	let aliceTab = await test.step('the set-up link makes Alice the administrator', async () => {
		const page = await tabOf(alice, setupLink)
		const code = await signUp(page, people.alice)
		passwords.push({ name: 'recovery code of Alice', value: code.join(' ') })
		await expect(page.getByRole('heading', { name: words('chats_title') })).toBeVisible()
		return page
	})

	const bobTab = await test.step('her link lets Bob in, who is her friend by it', async () => {
		const link = await ownLink(aliceTab, 'new')
		const page = await tabOf(bob, link)
		await page.getByRole('button', { name: words('join_create') }).click()
		const code = await signUp(page, people.bob)
		passwords.push({ name: 'recovery code of Bob', value: code.join(' ') })
		await expect(page.getByRole('heading', { name: words('friends_title') })).toBeVisible()
		await aliceTab.goto(`${server.origin}/friends`)
		await aliceTab.getByRole('button', { name: words('friends_accept_name', { name: 'Bob' }) }).click()
		return page
	})

	await test.step('messages go both ways, with their marks', async () => {
		await openFriend(aliceTab, 'Bob')
		await write(aliceTab, 'Bob', said.hello)
		await expectMark(aliceTab, said.hello, 'delivered')
		await openFriend(bobTab, 'Alice')
		await bobTab.bringToFront()
		await expectTexts(bobTab, [said.hello])
		await expectMark(aliceTab, said.hello, 'read')
		await write(bobTab, 'Alice', said.answer)
		await expectTexts(aliceTab, [said.hello, said.answer])
		await expectMark(bobTab, said.answer, 'read')
	})

	await test.step('each sees the other type', async () => {
		await composer(bobTab, 'Alice').pressSequentially('hm')
		const typing = aliceTab.getByText(words('conversation_typing', { name: 'Bob' }))
		await expect(typing).toBeVisible()
		await composer(bobTab, 'Alice').fill('')
		await expect(typing).toBeHidden()
	})

	const conversation = aliceTab.url()
	await test.step('cut off, Alice writes three messages, and her tab is killed', async () => {
		alice.wire.cut()
		await expect(aliceTab.getByText(words('connection_offline')).first()).toBeVisible()
		for (const text of said.offline) {
			await write(aliceTab, 'Bob', text)
			await expectMark(aliceTab, text, 'queued')
		}
		await expect(aliceTab.getByText(words('connection_offline_waiting', { count: 3 })).first()).toBeVisible()
		const crashed = aliceTab.waitForEvent('crash')
		expect(await alice.killRenderers()).toBeGreaterThan(0)
		await crashed
		await expectTexts(bobTab, [said.hello, said.answer])
	})

	await test.step('opened again, with the network back, each arrives once and in order', async () => {
		alice.wire.resume()
		aliceTab = await tabOf(alice, conversation)
		const all = [said.hello, said.answer, ...said.offline]
		await expectTexts(aliceTab, all)
		await expectTexts(bobTab, all)
		for (const text of said.offline) await expectMark(aliceTab, text, 'read')
		await write(aliceTab, 'Bob', said.after)
		await expectTexts(bobTab, [...all, said.after])
		await expect(message(aliceTab, said.hello)).toHaveAttribute('data-mark', 'read')
	})

	await test.step('pages had nothing to complain about', () => {
		const harmless = /ERR_(CONNECTION_RESET|CONNECTION_REFUSED|EMPTY_RESPONSE)|WebSocket connection/
		for (const { errors } of [alice, bob]) expect(errors.filter((text) => !harmless.test(text))).toEqual([])
	})

	await test.step('nothing went to another origin', async () => {
		for (const profile of [alice, bob]) {
			const origins = new Set(
				profile.requested.filter((url) => !/^(data|blob):/.test(url)).map((url) => new URL(url).host),
			)
			expect([...origins]).toEqual([new URL(server.origin).host])
			expect(profile.strays).toEqual([])
			expect(profile.wire.bytes.up).toBeGreaterThan(10_000)
		}
		// Our pages may not even ask: their policy forbids it.
		const refused = await bobTab.evaluate(() => fetch('https://elsewhere.example/', { mode: 'no-cors' }).catch(String))
		expect(String(refused)).toContain('TypeError')
		expect(bob.strays).toEqual([])
		// The watch is on: what another page asks for is seen.
		await (await newTab(bob)).goto('http://elsewhere.example/').catch(() => undefined)
		expect(bob.strays).toContain('elsewhere.example')
	})

	await test.step('no envelope was heard, kept or opened on the main thread', async () => {
		for (const [profile, page] of [
			[alice, aliceTab],
			[bob, bobTab],
		] as const) {
			expect(profile.mainThread).toEqual([])
			// The watch is on: it sees what somebody does there.
			await page.evaluate(async () => {
				const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
				const iv = new Uint8Array(12)
				await crypto.subtle.decrypt(
					{ name: 'AES-GCM', iv },
					key,
					await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, iv),
				)
			})
			expect(profile.mainThread).toEqual(['crypto.subtle.decrypt'])
		}
	})

	await test.step('the server and the network know nothing of what was said', () => searchEverything(aliceTab))
})

async function dataFiles(): Promise<Place[]> {
	return filesIn(data, (path) => path === 'secrets.json')
}

async function searchEverything(page: Page): Promise<void> {
	for (const profile of [alice, bob]) collectTokens(profile)
	expect(tokens.filter(({ name }) => name === 'access token').length).toBeGreaterThan(1)
	expect(tokens.filter(({ name }) => name === 'refresh token').length).toBeGreaterThan(1)
	const files = await dataFiles()
	const log: Place = { name: 'log', bytes: Buffer.from(server.log()) }
	expect(files.length).toBeGreaterThan(0)
	expect(log.bytes.length).toBeGreaterThan(100)
	expect(findLeaks([...texts, ...passwords, ...tokens], [...files, log])).toEqual([])
	const wires = () => [alice, bob].flatMap(({ wire }) => capturedPlaces(wire.connections))
	expect(wires().filter(({ kind }) => kind === 'frame').length).toBeGreaterThan(20)
	expect(wires().filter(({ kind }) => kind === 'body').length).toBeGreaterThan(20)
	expect(findLeaks([...texts, ...passwords], wires())).toEqual([])
	await plantCanaries(page, { files, wires })
}

/** The same search over the same places finds what does lie there, and what is put there: else it would prove nothing. */
async function plantCanaries(
	page: Page,
	{ files, wires }: { files: readonly Place[]; wires: () => readonly Place[] },
): Promise<void> {
	const name: Secret = { name: 'username', value: people.alice.name }
	expect(findLeaks([name], files).length, 'the database holds usernames').toBeGreaterThan(0)
	expect(findLeaks([name], wires()).length, 'and so does a body').toBeGreaterThan(0)
	const canary = { name: 'canary', value: 'a canary in the coal mine' }
	const [database] = files
	for (const [spelling, bytes] of spellingsOf(canary.value)) {
		await appendFile(join(data, 'canary'), Buffer.concat([Buffer.from('..'), bytes, Buffer.from('..')]))
		const found = findLeaks([canary], await dataFiles())
		expect(
			found.map((leak) => leak.spelling),
			`${spelling}, beside ${database?.name}`,
		).toContain(spelling)
	}
	const host = new URL(server.origin).host
	await page.evaluate(
		async ({ text, url }) => {
			await fetch('/api/v1/auth/recovery/start', {
				method: 'POST',
				body: JSON.stringify({ name: text }),
				headers: { 'content-type': 'application/json' },
			})
			const socket = new WebSocket(url, 'kith.mux.1')
			await new Promise((opened) => (socket.onopen = opened))
			socket.send(new TextEncoder().encode(text))
			await new Promise((closed) => (socket.onclose = closed))
		},
		{ text: canary.value, url: `ws://${host}/sync` },
	)
	const found = findLeaks([canary], wires()).map(({ place }) => place)
	expect(found.some((place) => place.includes('POST /api/v1/auth/recovery/start'))).toBe(true)
	expect(found.some((place) => place.includes('frame'))).toBe(true)
}
