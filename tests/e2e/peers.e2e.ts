import { expect, test, type Page } from '@playwright/test'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerLimits } from '#core/peers/limits.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { textToId } from '#protocol/ids.ts'
import { PEER_FRAME_MAX } from '#protocol/limits.ts'
import { encodePeerFrame } from '#protocol/peer-frames.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { startTurnServer, type TurnServer } from '../support/turn-server.ts'
import {
	composer,
	expectMark,
	expectTexts,
	flip,
	flipKept,
	message,
	openFriend,
	ownLink,
	signUp,
	write,
} from './app.ts'
import { newTab, openProfile, type Profile } from './profile.ts'
import { expectAccessible } from './screen-checks.ts'
import { words } from './wording.ts'

/** Two browsers that reach each other, a server that comes and goes, WebRTC between them, and a relay where one is asked for. */
let data: string
let turn: TurnServer
let server: ServerProcess
let alice: Profile
let bob: Profile
/** At the conversation. */
let a: Page
let b: Page

const people = {
	alice: { name: 'alice', displayName: 'Alice', password: 'painting the roses red at noon' },
	bob: { name: 'bob', displayName: 'Bob', password: 'scoop muck dizzy roley lofty' },
}

test.describe.configure({ mode: 'serial' })

test.beforeAll(async () => {
	test.setTimeout(360_000)
	data = await mkdtemp(join(tmpdir(), 'kith-e2e-'))
	turn = await startTurnServer()
	server = await startServerProcess({ data, env: turn.env })
	alice = await openProfile({ port: server.port, peers: true })
	bob = await openProfile({ port: server.port, peers: true })
	for (const { context } of [alice, bob]) await context.addInitScript(rememberConnections)
	a = await newTab(alice)
	await a.goto(await server.setupLink())
	await signUp(a, people.alice)
	await expect(a.getByRole('heading', { name: words('chats_title') })).toBeVisible()
	const link = await ownLink(a, 'new')
	b = await newTab(bob)
	await b.goto(link)
	await b.getByRole('button', { name: words('join_create') }).click()
	await signUp(b, people.bob)
	await a.goto(`${server.origin}/friends`)
	await a.getByRole('button', { name: words('friends_accept_name', { name: 'Bob' }) }).click()
	await openFriend(a, 'Bob')
	await openFriend(b, 'Alice')
})

test.afterEach(async ({}, testInfo) => {
	if (testInfo.status === testInfo.expectedStatus) return
	const errors = [alice, bob].map((profile) => profile?.errors.join('\n')).join('\n')
	await testInfo.attach('server log and console errors', {
		body: `${server?.log()}\n${errors}`,
		contentType: 'text/plain',
	})
})

test.afterAll(async () => {
	for (const profile of [alice, bob]) await profile?.close()
	await server?.stop()
	await turn?.stop()
	if (data !== undefined) await rm(data, { recursive: true, force: true })
})

interface WithConnections {
	connections: RTCPeerConnection[]
	/** Of the newest connection. */
	channel: RTCDataChannel
}

/** Runs in every page before its scripts. */
function rememberConnections(): void {
	const page = globalThis as unknown as WithConnections
	page.connections = []
	globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
		construct(target, args: []) {
			const connection = new target(...args)
			page.connections.push(connection)
			const create = connection.createDataChannel.bind(connection)
			connection.createDataChannel = (...named) => (page.channel = create(...named))
			return connection
		},
	})
}

/** Of this page: how many connections are open, and what went over their data channels, bytes. */
function overPeers(page: Page): Promise<{ open: number; sent: number; received: number }> {
	return page.evaluate(async () => {
		const { connections } = globalThis as unknown as WithConnections
		const open = connections.filter(({ connectionState }) => connectionState === 'connected')
		const total = { open: open.length, sent: 0, received: 0 }
		for (const connection of open) {
			const stats = (await connection.getStats()) as unknown as Map<string, Record<string, unknown>>
			for (const one of stats.values()) {
				if (one['type'] !== 'data-channel') continue
				total.sent += Number(one['bytesSent'])
				total.received += Number(one['bytesReceived'])
			}
		}
		return total
	})
}

/** By the server that came back, or the next try: it is told at once, and made within seconds. */
const patient = { timeout: 30_000 }

/** Of this page: what each end of its open connection is reached by, as `host` or `relay`. */
function endsOf(page: Page): Promise<readonly string[]> {
	return page.evaluate(async () => {
		const { connections } = globalThis as unknown as WithConnections
		const open = connections.find(({ connectionState }) => connectionState === 'connected')
		const stats = (await open?.getStats()) as unknown as Map<string, Record<string, unknown>> | undefined
		const all = [...(stats?.values() ?? [])]
		const transport = all.find(({ type }) => type === 'transport')
		const pair = stats?.get(String(transport?.['selectedCandidatePairId']))
		return ['localCandidateId', 'remoteCandidateId'].map((end) =>
			String(stats?.get(String(pair?.[end]))?.['candidateType']),
		)
	})
}

const directLine = (page: Page) => page.getByText(words('details_direct', { count: 1 }), { exact: true }).first()

const chip = (page: Page, text: string) => message(page, text).getByRole('button', { name: /^🎉/ })

const placed = /^(delivered|read)$/

test('[L3] two browsers go on without a server: messages, an edit and a reaction; it has everything once when it is back', async () => {
	test.setTimeout(240_000)
	const { origin, port } = server

	await test.step('they are direct, and say so', async () => {
		await write(a, 'Bob', 'Before')
		await expectTexts(b, ['Before'])
		await a.getByRole('button', { name: words('conversation_details') }).click()
		const details = a.getByRole('complementary', { name: words('details_title') })
		await expect(details.getByText(words('details_direct', { count: 1 }))).toBeVisible()
		await expect(directLine(b)).toBeVisible()
		for (const page of [a, b]) expect((await overPeers(page)).open).toBe(1)
	})

	const before = await overPeers(a)
	await test.step('the server is no more', async () => {
		await server.stop()
		await expect(fetch(origin)).rejects.toThrow()
		for (const page of [a, b])
			await expect(page.getByText(words('connection_direct', { count: 1 })).first()).toBeVisible()
	})

	await test.step('what each says, changes and thinks of it comes to the other', async () => {
		await write(a, 'Bob', 'Without a server')
		await expectTexts(b, ['Before', 'Without a server'])
		await expectMark(a, 'Without a server', 'direct')
		await write(b, 'Alice', 'Indeed')
		await expectTexts(a, ['Before', 'Without a server', 'Indeed'])
		await expectMark(b, 'Indeed', 'direct')
		// What was delivered waits for nothing that a person must know of.
		for (const page of [a, b])
			await expect(page.getByText(words('connection_direct', { count: 1 })).first()).toBeVisible()
		await composer(b, 'Alice').press('ArrowUp')
		await composer(b, 'Alice').fill('Indeed so')
		await b.keyboard.press('Enter')
		await expectTexts(a, ['Before', 'Without a server', 'Indeed so'])
		await message(a, 'Indeed so').hover()
		await message(a, 'Indeed so')
			.getByRole('button', { name: words('message_react') })
			.click()
		await a.getByRole('button', { name: words('reaction_with', { emoji: '🎉' }) }).click()
		for (const page of [a, b]) await expect(chip(page, 'Indeed so')).toHaveText(/1/)
		// It went that way, for there is no other.
		await expect(fetch(origin)).rejects.toThrow()
		const after = await overPeers(a)
		expect(after.sent - before.sent).toBeGreaterThan(500)
		expect(after.received - before.received).toBeGreaterThan(500)
	})

	const all = ['Before', 'Without a server', 'Indeed so']
	await test.step('it is back: everything is there once, for who was not there too', async () => {
		server = await startServerProcess({ data, port, env: turn.env })
		await expect(message(a, 'Without a server')).toHaveAttribute('data-mark', placed, patient)
		await expect(message(b, 'Indeed so')).toHaveAttribute('data-mark', placed, patient)
		for (const page of [a, b]) {
			await expectTexts(page, all)
			await expect(chip(page, 'Indeed so')).toHaveText(/1/)
		}
		const phone = await openProfile({ port, peers: true, viewport: { width: 390, height: 844 } })
		const c = await newTab(phone)
		await c.goto(`${origin}/sign-in`)
		await c.getByLabel(words('field_username')).fill(people.bob.name)
		await c.getByLabel(words('field_password'), { exact: true }).fill(people.bob.password)
		await c.getByRole('button', { name: words('sign_in_action') }).click()
		await expect(c.getByRole('heading', { name: words('chats_title') })).toBeVisible({ timeout: 60_000 })
		await c.goto(b.url())
		await expectTexts(c, all)
		await expect(chip(c, 'Indeed so')).toHaveText(/1/)
		// It ends its connections itself.
		await c.close({ runBeforeUnload: true })
		await phone.close()
	})

	await test.step('how much came directly is told in the settings', async () => {
		// Within the page: what is counted is kept now and then, and a page that is left may lose the last of it.
		await b
			.getByRole('link', { name: new RegExp(`^${words('nav_settings')}`) })
			.first()
			.click()
		await b.getByRole('link', { name: new RegExp(`^${words('settings_storage')}`) }).click()
		const direct = b.getByText(words('storage_received_devices'), { exact: true }).locator('xpath=following-sibling::*')
		await expect(direct).toHaveText(/^[1-9]/)
		await expectAccessible(b, 'what came to this device')
		await b.goBack()
		await b.goBack()
		await expectTexts(b, all)
	})
})

test('[L3] who hides his address is reached by the relay alone, and learns and tells no other way', async () => {
	test.setTimeout(120_000)
	const conversation = a.url()

	await test.step('one of them hides it', async () => {
		await a.goto(`${server.origin}/settings/privacy`)
		await flipKept(a, words('privacy_relayed'), server)
		await a.goto(conversation)
		await expect(directLine(a)).toBeVisible(patient)
		await expect.poll(() => endsOf(a)).toEqual(['relay', expect.any(String)])
		await expect.poll(() => endsOf(b)).toEqual([expect.any(String), 'relay'])
		const offered = await a.evaluate(() => {
			const { connections } = globalThis as unknown as WithConnections
			return connections.flatMap(({ localDescription }) => localDescription?.sdp.match(/^a=candidate:.*$/gm) ?? [])
		})
		expect(offered.length).toBeGreaterThan(0)
		for (const candidate of offered) expect(candidate).toMatch(/ typ relay raddr 0\.0\.0\.0 rport 0 /)
	})

	await test.step('what they say goes that way without the server', async () => {
		const { port } = server
		await server.stop()
		await write(b, 'Alice', 'By the relay')
		await expect(message(a, 'By the relay')).toBeVisible(patient)
		await expectMark(b, 'By the relay', 'direct')
		server = await startServerProcess({ data, port, env: turn.env })
		await expect(message(b, 'By the relay')).toHaveAttribute('data-mark', placed, patient)
	})

	await test.step('shown again', async () => {
		await a.goto(`${server.origin}/settings/privacy`)
		await flipKept(a, words('privacy_relayed'), server)
		await a.goto(conversation)
		await expect(directLine(a)).toBeVisible(patient)
		await expect.poll(() => endsOf(a)).toEqual(['host', expect.stringMatching(/^(host|prflx)$/)])
	})
})

test('[L3] whoever reloads in the middle of a handshake is not waited for', async () => {
	test.setTimeout(120_000)
	await expect(directLine(a)).toBeVisible(patient)
	for (const [goes, stays] of [
		[a, b],
		[b, a],
	] as const) {
		await goes.reload()
		await expect.poll(() => goes.evaluate(() => (globalThis as unknown as WithConnections).connections.length)).toBe(1)
		await goes.reload()
		// Less than an attempt may take: nobody's is waited for.
		await expect(directLine(goes)).toBeVisible({ timeout: 10_000 })
		await expect(directLine(stays)).toBeVisible({ timeout: 10_000 })
	}
})

/** A file that the one has put there is on the other's disk, byte for byte. */
async function expectSaved(page: Page, name: string, bytes: Buffer): Promise<void> {
	const saving = page.waitForEvent('download', { timeout: 120_000 })
	await page.getByRole('button', { name: words('file_save', { name }) }).click()
	const saved = await readFile(await (await saving).path())
	const hash = (one: Buffer) => createHash('sha256').update(one).digest('hex')
	expect(hash(saved)).toBe(hash(bytes))
}

async function sendFile(page: Page, name: string, buffer: Buffer): Promise<void> {
	await page.locator('[data-picker]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer })
	await page.getByRole('button', { name: words('composer_send') }).click()
}

/** Bytes that no one packs. */
const noise = (length: number) =>
	Buffer.concat(Array.from({ length: length / 64 }, (_, i) => createHash('sha512').update(`noise ${i}`).digest()))

test('[L3][M3] for a minute there is no server: what they say goes on, and a film of 20 MB is whole at the other end', async () => {
	test.setTimeout(360_000)
	const { origin, port } = server
	for (const page of [a, b]) await expect(directLine(page)).toBeVisible(patient)
	const before = await overPeers(b)
	const film = noise(20 * 2 ** 20)
	const began = Date.now()
	await server.stop()
	await expect(fetch(origin)).rejects.toThrow()
	await sendFile(a, 'film.bin', film)
	await write(b, 'Alice', 'While it comes')
	await expect(message(a, 'While it comes')).toBeVisible(patient)
	await expectSaved(b, 'film.bin', film)
	expect((await overPeers(b)).received - before.received).toBeGreaterThan(film.length)
	await expect.poll(() => Date.now() - began, { timeout: 90_000, intervals: [5_000] }).toBeGreaterThan(60_000)
	await write(a, 'Bob', 'A minute later')
	await expect(message(b, 'A minute later')).toBeVisible(patient)
	await expect(fetch(origin)).rejects.toThrow()
	server = await startServerProcess({ data, port, env: turn.env })
	for (const text of ['film.bin', 'A minute later'])
		await expect(message(a, text)).toHaveAttribute('data-mark', placed, { timeout: 120_000 })
	await expect(message(b, 'While it comes')).toHaveAttribute('data-mark', placed, patient)
})

/** Over Bob's channel, as no client of ours would. */
function say(page: Page, frames: readonly Uint8Array[], times = 1): Promise<void> {
	const raw = frames.map((frame) => [...frame])
	return page.evaluate(
		([all, count]) => {
			const { channel } = globalThis as unknown as WithConnections
			const bytes = all.map((one) => new Uint8Array(one))
			for (let i = 0; i < count; i++) for (const one of bytes) channel.send(one)
		},
		[raw, times] as const,
	)
}

test('[PEER3][PEER7][PEER11] a hostile browser on the channel of a friend is dropped, whatever it says, and the conversation goes on', async () => {
	test.setTimeout(360_000)
	const conversation = textToId('conversation', new URL(a.url()).pathname.split('/').at(-1) as string) as Bytes
	const heads = (i: number) =>
		encodePeerFrame({
			...{ t: 'heads', conversation, logSeq: 0 },
			pages: [{ page: 0, part: 0, digest: new Uint8Array(16).fill(i) as Bytes }],
		})
	const attacks: Readonly<Record<string, () => Promise<void>>> = {
		'bytes that are nothing': () => say(b, [new Uint8Array([1, 99, 0])]),
		'a frame that is too large': () => say(b, [new Uint8Array(PEER_FRAME_MAX + 1).fill(1)]),
		'a flood': () => say(b, [encodePeerFrame({ t: 'status', online: true })], peerLimits.framesBurst * 3),
		'heads of what is not there': () =>
			say(
				b,
				Array.from({ length: peerLimits.vainTimes + 1 }, (_, i) => heads(i + 1)),
			),
	}
	const goesOn = async (text: string) => {
		await expect(directLine(a)).toBeHidden(patient)
		await write(b, 'Alice', text)
		await expect(message(a, text)).toBeVisible(patient)
	}
	for (const [name, attack] of Object.entries(attacks))
		await test.step(name, async () => {
			// Who begins anew has forgotten whom it hears no more.
			await a.reload()
			for (const page of [a, b]) await expect(directLine(page)).toBeVisible(patient)
			await attack()
			await goesOn(`After ${name}`)
		})

	await test.step('a poisoned chunk: the file is whole, from the server', async () => {
		await a.reload()
		for (const page of [a, b]) await expect(directLine(page)).toBeVisible(patient)
		await b.evaluate(() => {
			const { channel } = globalThis as unknown as WithConnections
			const send = channel.send.bind(channel) as (bytes: Uint8Array) => void
			channel.send = (message: unknown) => {
				const bytes = new Uint8Array(message as Uint8Array)
				const isChunk = bytes[1] === 13 && bytes.length > 100
				if (isChunk) bytes[60] = (bytes[60] ?? 0) ^ 1
				send(bytes)
			}
		})
		const picture = noise(2 ** 20)
		await sendFile(b, 'poisoned.bin', picture)
		await expectSaved(a, 'poisoned.bin', picture)
		await goesOn('After a poisoned chunk')
	})
	await a.reload()
	await b.reload()
})

test('[L3] another tab that leads connects anew, a switch ends it, and a closed tab leaves nothing', async () => {
	test.setTimeout(240_000)
	const conversation = a.url()

	await test.step('the tab that led is closed', async () => {
		await expect(directLine(b)).toBeVisible(patient)
		const next = await newTab(alice)
		await next.goto(conversation)
		await expect(directLine(next)).toBeVisible(patient)
		// The one that follows has none of its own.
		expect((await overPeers(next)).open).toBe(0)
		await a.close()
		a = next
		await expect.poll(async () => (await overPeers(a)).open).toBe(1)
		await expect(directLine(a)).toBeVisible(patient)
		await expect(directLine(b)).toBeVisible(patient)
	})

	await test.step('switched off and on by one of them', async () => {
		await a.goto(`${server.origin}/settings/privacy`)
		await expect(directLine(b)).toBeVisible(patient)
		await flip(a, words('privacy_direct'))
		await expect(directLine(b)).toBeHidden()
		await expect.poll(async () => (await overPeers(a)).open).toBe(0)
		await flip(a, words('privacy_direct'))
		await a.goto(conversation)
		await expect(directLine(a)).toBeVisible(patient)
		await expect(directLine(b)).toBeVisible(patient)
	})

	await test.step('the last tab is closed', async () => {
		await a.close({ runBeforeUnload: true })
		await expect(directLine(b)).toBeHidden()
		await expect.poll(async () => (await overPeers(b)).open).toBe(0)
	})
})
