/** Stories of the operator: the command line against real servers, real clients and real folders. */
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { openControl } from '#server/ops/control/control-socket.ts'
import { runKith } from '../support/kith-command.ts'
import { storyClock } from '../support/story-clock.ts'
import { peopled, world } from '../support/story.ts'
import { keyOf, messagesUntil, must, textOf, until } from '../support/watching.ts'
import {
	accessTokenOf,
	befriend,
	onlineUntil,
	onSqlite,
	openDirect,
	post,
	signUp,
	writableUntil,
	type Device,
} from '../support/world.ts'

/** The whole history, once it has as many messages; none is there twice. */
async function everythingOnce({ api }: Device, conversation: ConversationId, texts: readonly string[]): Promise<void> {
	const view = await until(api, {
		view: 'conversation',
		of: conversation,
		is: (value) => {
			if (value?.more === true) void api.loadEarlier({ conversation, count: 500 })
			const isHere = value?.more === false && value.messages.length >= texts.length
			return isHere && value.messages.every(({ content }) => content.type === 'text')
		},
	})
	expect(view?.messages.map(textOf).toSorted()).toEqual([...texts].toSorted())
}

/** The server has all that was sent. */
const ackedUntil = ({ api }: Device) => until(api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })

const minute = 60_000
const passphrase = 'a passphrase of the operator\n'

test('[S3] a backup made under load is restored elsewhere, and devices hand back what came after it', async () => {
	const { clock, advance } = storyClock()
	const opened = await world({ clock, ...onSqlite })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const { data } = opened.server
	const backup = join(data, '../backup')

	let isDone = false
	const backingUp = runKith(['backup', backup, '--passphrase-file', '-'], { data, input: passphrase }).finally(
		() => (isDone = true),
	)
	const during: string[] = []
	for (let i = 0; !isDone; i++) {
		during.push(`during ${i}`)
		await post(alice, conversation, `during ${i}`)
		await ackedUntil(alice)
	}
	const made = await backingUp
	expect(made.err).toBe('')
	expect(made.code).toBe(0)
	const after = ['after 1', 'after 2', 'after 3']
	await post(alice, conversation, ...after.slice(0, 2))
	await post(bob, conversation, ...after.slice(2))
	for (const person of [alice, bob]) await ackedUntil(person)
	const all = [...during, ...after]
	for (const person of [alice, bob]) await everythingOnce(person, conversation, all)

	// Both devices change their tokens, twice: what the backup holds is two tokens back.
	for (let i = 0; i < 2; i++) {
		advance(15 * minute)
		for (const person of [alice, bob]) await accessTokenOf(person)
	}

	await opened.stop()
	const overwriting = await runKith(['restore', backup, '--passphrase-file', '-'], { data, input: passphrase })
	expect(overwriting.err).toContain('is not empty')
	expect(overwriting.code).toBe(1)
	await rename(data, `${data}-lost`)
	const restored = await runKith(['restore', backup, '--passphrase-file', '-'], { data, input: passphrase })
	expect(restored.err).toBe('')
	expect(restored.code).toBe(0)
	await opened.start()
	await onlineUntil(alice)
	await onlineUntil(bob)
	await post(bob, conversation, 'and on')
	for (const person of [alice, bob]) await everythingOnce(person, conversation, [...all, 'and on'])

	const phone = await opened.device('phone')
	must(await phone.api.recover({ name: 'bob', code: bob.words.join(' ') }))
	await writableUntil(phone, conversation)
	await everythingOnce(phone, conversation, [...all, 'and on'])
})

/** Alice, Bob and a server that commands reach, as server/main.ts lets them. */
async function reachable() {
	const opened = await world()
	const people = await peopled(opened, ['alice', 'bob'])
	const { data, env, domain, origin } = opened.server
	const control = await openControl(data, { domain, origin })
	onTestFinished(() => control.close())
	return { ...people, opened, data, env }
}

test('[S3] closing an account from the command line ends what is open at once', async () => {
	const { bob, data, env } = await reachable()
	await onlineUntil(bob)
	expect((await runKith(['user', 'sessions', 'bob', '--json'], { data, env })).document()).toMatchObject({
		sessions: [{ device: expect.any(String) as string }],
	})
	expect(await runKith(['user', 'disable', 'bob'], { data, env })).toMatchObject({ code: 0 })
	await until(bob.api, {
		view: 'session',
		of: null,
		is: (session) => session.type === 'signed-out' && session.why === 'disabled',
	})
	const users = (await runKith(['user', 'list', '--json'], { data, env })).document()
	expect(users).toMatchObject({
		users: [
			{ name: 'alice', role: 'admin', disabledAt: null },
			{ name: 'bob', role: 'user', disabledAt: expect.any(Number) as number },
		],
	})
	expect(await runKith(['user', 'enable', 'bob'], { data, env })).toMatchObject({ code: 0 })
	must(await bob.api.signIn({ name: 'bob', password: bob.password }))
})

test('[S3] an operator who lost his administrators makes a new one, and is never left without', async () => {
	const { alice, bob, data, env } = await reachable()
	const last = await runKith(['user', 'disable', 'alice'], { data, env })
	expect(last).toMatchObject({ code: 1, out: '' })
	expect(last.err).toContain('alice is the last administrator')
	expect((await runKith(['admin', 'create'], { data, env })).err).toContain('has an administrator')
	expect(await runKith(['admin', 'reset', 'bob'], { data, env })).toMatchObject({ code: 0 })
	expect(await runKith(['user', 'disable', 'alice'], { data, env })).toMatchObject({ code: 0 })
	must(await bob.api.setUserDisabled({ account: alice.account, disabled: false }))
	const audit = (await runKith(['audit'], { data, env })).out
		.split('\n')
		.map((line) => line.split(/ {2,}/).slice(2).join(' '))
	expect(audit.slice(1, 4)).toEqual([
		'bob opened the account alice',
		'(operator) closed the account alice',
		'(operator) made an administrator bob',
	])
})

test('[S3] an invitation from the command line lets somebody in', async () => {
	const { opened, data, env } = await reachable()
	const invited = await runKith(['invite', '--by', 'bob', '--json'], { data, env })
	const { url, by } = invited.document() as { url: string; by: string }
	expect(by).toBe('bob')
	const carol = await opened.device('carol')
	const { invite, displayName } = must(await carol.api.readLink({ url }))
	expect(displayName).toBeNull()
	await signUp(carol, { type: 'invite', token: invite ?? '' })
	const stats = (await runKith(['stats', '--json'], { data, env })).document()
	expect(stats).toMatchObject({ accounts: 3, admins: 1 })
})

test('[S3] what was deleted after the backup, in an old page, is deleted again', async () => {
	const opened = await world({ env: { KITH_EVENTS_PER_SECOND: '10000' }, ...onSqlite })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	// Two pages: the first is closed to posts, and opened by nobody who only reads on.
	await post(alice, conversation, 'secret')
	await ackedUntil(alice)
	const key = await keyOf(alice, conversation, 'secret')
	await post(alice, conversation, ...Array.from({ length: 600 }, (_, i) => `message ${i}`))
	await ackedUntil(alice)
	const { data } = opened.server
	const secret = storedItems(data)[0]
	const backup = join(data, '../backup')
	expect(await runKith(['backup', backup, '--passphrase-file', '-'], { data, input: passphrase })).toMatchObject({
		code: 0,
	})
	must(await alice.api.deleteForEveryone({ conversation, key }))
	await ackedUntil(alice)

	// Nobody has that page open any more.
	for (const person of [alice, bob]) await person.reopen()
	// Delivered is said by a device that has caught up.
	for (const person of [alice, bob]) {
		await post(person, conversation, `${person.name} is back`)
		await messagesUntil(person.api, conversation, (messages) => messages.at(-1)?.mark === 'delivered')
	}
	await opened.stop()
	await rename(data, `${data}-lost`)
	expect(await runKith(['restore', backup, '--passphrase-file', '-'], { data, input: passphrase })).toMatchObject({
		code: 0,
	})
	expect(storedItems(data)[0]).toEqual(secret)
	await opened.start()
	await onlineUntil(bob)
	await vi.waitFor(() => expect(storedItems(data)[0]).not.toEqual(secret), 30_000)
})

/** As the database has them, the first first. */
function storedItems(data: string): Buffer[] {
	const file = new Database(join(data, 'kith.sqlite'), { readonly: true })
	const rows = file.prepare('SELECT bytes FROM events ORDER BY id').all() as { bytes: Buffer }[]
	file.close()
	return rows.map(({ bytes }) => bytes)
}
