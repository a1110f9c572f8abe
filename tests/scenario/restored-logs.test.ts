/** What a restored server has forgotten of logs comes back from the devices that hold it: once, as no fork, and nobody reloads (SPEC LOG15). */
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decode, encode } from '#protocol/codec.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { signedHead } from '#protocol/head.ts'
import { RECOVERY_WINDOW, TAIL_ENTRIES_MAX } from '#protocol/limits.ts'
import { groupOf, groupUntil, membersUntil, notWritableUntil } from '../support/groups.ts'
import { runKith } from '../support/kith-command.ts'
import { ask } from '../support/raw-http.ts'
import { storyClock } from '../support/story-clock.ts'
import { peopled, world } from '../support/story.ts'
import { must, now, textOf, textsUntil, until } from '../support/watching.ts'
import {
	accessTokenOf,
	befriend,
	onlineUntil,
	post,
	writableUntil,
	type Device,
	type Person,
	type World,
} from '../support/world.ts'

const passphrase = 'a passphrase of the operator\n'

const ackedUntil = ({ api }: Device) => until(api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })

async function backUp({ server: { data } }: World): Promise<string> {
	const backup = join(data, '../backup')
	const made = await runKith(['backup', backup, '--passphrase-file', '-'], { data, input: passphrase })
	expect(made).toMatchObject({ code: 0, err: '' })
	return backup
}

/** Nobody is online: who comes back is for the story to say. */
async function restore(opened: World, people: readonly Person[], backup: string): Promise<void> {
	const { data } = opened.server
	for (const { wire } of people) wire.cut()
	await opened.stop()
	await rename(data, `${data}-lost`)
	const restored = await runKith(['restore', backup, '--passphrase-file', '-'], { data, input: passphrase })
	expect(restored).toMatchObject({ code: 0, err: '' })
	await opened.start()
}

async function comesBack(person: Person): Promise<void> {
	person.wire.resume()
	await onlineUntil(person)
}

async function warnsNobody(people: readonly Person[]): Promise<void> {
	for (const { api } of people) for (const { warning } of await now(api, 'friends', null)) expect(warning).toBeNull()
}

/** Exactly these, in whatever order. */
const readsUntil = ({ api }: Device, of: string, texts: readonly string[]) =>
	until(api, {
		view: 'conversation',
		of,
		is: (view) => view?.messages.map(textOf).toSorted().join() === [...texts].toSorted().join(),
	})

test('[LOG15][S3] name, members and keys that changed after the backup are there again, and a new device reads all', async () => {
	const opened = await world()
	const { alice, bob, carol } = await peopled(opened, ['alice', 'bob', 'carol'])
	await befriend(alice, carol)
	const group = await groupOf(alice, [[bob, 'member']], { name: 'Hikers', topic: '' })
	await post(alice, group, 'before')
	await textsUntil(bob.api, group, ['before'])
	const backup = await backUp(opened)
	must(await alice.api.renameGroup({ conversation: group, name: 'Climbers', topic: '' }))
	must(await alice.api.addMembers({ conversation: group, members: [{ account: carol.account, role: 'member' }] }))
	await writableUntil(carol, group)
	await post(carol, group, 'after')
	const people = [alice, bob, carol]
	for (const person of people) {
		await groupUntil(person, group, ({ name }) => name === 'Climbers')
		await readsUntil(person, group, ['before', 'after'])
	}
	await ackedUntil(carol)

	await restore(opened, people, backup)
	// Not who wrote them: whoever knows these entries hands them back.
	await comesBack(bob)
	await post(bob, group, 'and on')
	await ackedUntil(bob)
	for (const person of [alice, carol]) await comesBack(person)
	await post(carol, group, 'carol too')
	for (const person of people) await readsUntil(person, group, ['before', 'after', 'and on', 'carol too'])
	await warnsNobody(people)
	const phone = await opened.device('phone')
	must(await phone.api.recover({ name: 'bob', code: bob.words.join(' ') }))
	await readsUntil(phone, group, ['before', 'after', 'and on', 'carol too'])
	await groupUntil(phone, group, ({ name }) => name === 'Climbers')
	await membersUntil(phone, group, ['alice', 'bob', 'carol'])
})

test('[LOG15][S3] who knows less comes first and writes; what others know is handed back after it', async () => {
	const opened = await world()
	const { alice, bob, carol } = await peopled(opened, ['alice', 'bob', 'carol'])
	const group = await groupOf(
		alice,
		[
			[bob, 'member'],
			[carol, 'member'],
		],
		{ name: 'Hikers', topic: '' },
	)
	const backup = await backUp(opened)
	carol.wire.cut()
	must(await alice.api.renameGroup({ conversation: group, name: 'Climbers', topic: '' }))
	await groupUntil(bob, group, ({ name }) => name === 'Climbers')
	await post(bob, group, 'on the new log')
	await readsUntil(alice, group, ['on the new log'])
	await ackedUntil(bob)
	const people = [alice, bob, carol]
	await restore(opened, people, backup)
	await comesBack(carol)
	await post(carol, group, 'on the old log')
	await ackedUntil(carol)
	// Both know it, and both hand it back.
	await Promise.all([comesBack(alice), comesBack(bob)])
	for (const person of people) {
		await groupUntil(person, group, ({ name }) => name === 'Climbers')
		await readsUntil(person, group, ['on the new log', 'on the old log'])
	}
	await post(alice, group, 'and on')
	for (const person of people) await readsUntil(person, group, ['on the new log', 'on the old log', 'and on'])
	await warnsNobody(people)
})

test('[LOG15][S3] a group that was made after the backup is there again', async () => {
	const opened = await world()
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const backup = await backUp(opened)
	const { conversation: group } = must(
		await alice.api.createGroup({
			...{ kind: 'group', name: 'New', topic: '', history: 'shared', invite: 'admins', knock: 'no' },
			members: [{ account: bob.account, role: 'member' }],
		}),
	)
	await writableUntil(bob, group)
	await post(bob, group, 'made after')
	await readsUntil(alice, group, ['made after'])
	await ackedUntil(bob)
	await restore(opened, [alice, bob], backup)
	await comesBack(alice)
	await comesBack(bob)
	await post(alice, group, 'and on')
	for (const person of [alice, bob]) await readsUntil(person, group, ['made after', 'and on'])
	const phone = await opened.device('phone')
	must(await phone.api.recover({ name: 'bob', code: bob.words.join(' ') }))
	await readsUntil(phone, group, ['made after', 'and on'])
})

test('[LOG15][S3] who was removed after the backup is out again, and what he wrote in between counts for nobody', async () => {
	const opened = await world()
	const { alice, bob, carol } = await peopled(opened, ['alice', 'bob', 'carol'])
	const group = await groupOf(alice, [
		[bob, 'member'],
		[carol, 'member'],
	])
	await post(bob, group, 'while I may')
	await readsUntil(carol, group, ['while I may'])
	const backup = await backUp(opened)
	bob.wire.cut()
	must(await alice.api.removeMembers({ conversation: group, accounts: [bob.account] }))
	await membersUntil(carol, group, ['alice', 'carol'])
	const people = [alice, bob, carol]
	await restore(opened, people, backup)
	await comesBack(bob)
	await post(bob, group, 'sneaked in')
	await ackedUntil(bob)
	await comesBack(carol)
	await notWritableUntil(bob, group, 'not-member')
	await comesBack(alice)
	await post(alice, group, 'without him')
	await readsUntil(carol, group, ['while I may', 'without him'])
	await readsUntil(alice, group, ['while I may', 'without him'])
})

/** A tail as a client would hand it back, of what this device can read of the log now. */
async function tailOf(person: Person, group: string, from: number) {
	const { body } = await ask(person, { path: `/conversations/${group}/log?from=${from}` })
	return (body as { log: { from: number; entries: string[]; head: string } }).log
}

/** With a signature, or an epoch, that is not the server's. */
function changedHead(head: string, change: Partial<{ signature: Bytes; instanceEpoch: Bytes; seq: number }>): string {
	const decoded = decode(signedHead, base64urlToBytes(head) as Bytes)
	if (!decoded.ok) throw new Error('no head')
	return bytesToBase64url(encode(signedHead, { ...decoded.value, ...change }))
}

test('[LOG15] nothing is handed back but what this server has signed, where it has forgotten it, in time', async () => {
	const { clock, advance } = storyClock()
	const opened = await world({ clock })
	const { alice, bob, carol } = await peopled(opened, ['alice', 'bob', 'carol'])
	const group = await groupOf(alice, [[bob, 'member']], { name: 'Hikers', topic: '' })
	const from = (await tailOf(alice, group, 0)).entries.length
	const backup = await backUp(opened)
	must(await alice.api.renameGroup({ conversation: group, name: 'Climbers', topic: '' }))
	await groupUntil(bob, group, ({ name }) => name === 'Climbers')
	const tail = await tailOf(bob, group, from)
	expect(tail.entries).toHaveLength(1)
	const beside = { cutLists: [], linkKeys: [] }
	const give = async (person: Person, log: object, conversation = group) => {
		await accessTokenOf(person)
		return ask(person, { method: 'POST', path: `/conversations/${conversation}/tail`, body: { log, ...beside } })
	}
	// A server that has lost nothing takes nothing.
	expect(await give(bob, tail)).toMatchObject({ status: 403, code: 'forbidden' })

	const people = [alice, bob, carol]
	await restore(opened, people, backup)
	alice.wire.cut()
	await comesBack(carol)
	// Carol acts for Bob's tail: she is in no way named by that log.
	expect(await give(carol, tail)).toMatchObject({ status: 404, code: 'not-found' })
	expect(
		(await give(carol, { ...tail, head: changedHead(tail.head, { signature: new Uint8Array(64) as Bytes }) })).code,
	).toBe('bad-entry')
	const other = new Uint8Array(16).fill(7) as Bytes
	expect((await give(carol, { ...tail, head: changedHead(tail.head, { instanceEpoch: other }) })).code).toBe(
		'bad-entry',
	)
	expect((await give(carol, { ...tail, head: changedHead(tail.head, { seq: from + 1 }) })).code).toBe('bad-entry')
	expect((await give(carol, { ...tail, from: from + 1 })).code).toBe('stale-head')
	expect((await give(carol, { ...tail, entries: [] })).code).toBe('stale-head')
	expect((await give(carol, { ...tail, entries: ['AAAA'] })).code).toBe('bad-entry')
	const many = Array.from({ length: TAIL_ENTRIES_MAX + 1 }, () => 'AAAA')
	expect((await give(carol, { ...tail, entries: many })).code).toBe('bad-entry')
	expect((await give(carol, tail, 'AAAAAAAAAAAAAAAAAAAAAA')).code).toBe('bad-entry')

	await comesBack(bob)
	await groupUntil(bob, group, ({ name }) => name === 'Climbers')
	// Twice is once.
	expect((await give(bob, tail)).status).toBe(200)
	expect((await tailOf(bob, group, from)).entries).toEqual(tail.entries)
	// A head of the epoch of now is none that was forgotten.
	expect((await give(bob, await tailOf(bob, group, from))).code).toBe('bad-entry')
	advance(RECOVERY_WINDOW)
	expect(await give(bob, tail)).toMatchObject({ status: 403, code: 'forbidden' })
})
