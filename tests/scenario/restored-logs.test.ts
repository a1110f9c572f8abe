/** What a restored server has forgotten of logs comes back from the devices that hold it: once, as no fork, and nobody reloads (SPEC LOG15). */
import { expect, test, vi } from 'vitest'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { signedHead } from '#protocol/head.ts'
import { RECOVERY_WINDOW, TAIL_ENTRIES_MAX } from '#protocol/limits.ts'
import { groupOf, groupUntil, membersUntil } from '../support/groups.ts'
import { ask } from '../support/raw-http.ts'
import { ackedUntil, backUp, restore, comesBack, warnsNobody, readsUntil } from '../support/restoring.ts'
import { storyClock } from '../support/story-clock.ts'
import { peopled, world } from '../support/story.ts'
import { must, refusal, textsUntil, until } from '../support/watching.ts'
import { accessTokenOf, befriend, onSqlite, post, writableUntil, type Person } from '../support/world.ts'

test('[LOG15][S3] name, members and keys that changed after the backup are there again, and a new device reads all', async () => {
	const opened = await world(onSqlite)
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

test('[PIC5][C2][S3] the picture of a group that was chosen after the backup is there again, for who never saw it too', async () => {
	const opened = await world(onSqlite)
	const { alice, bob, carol } = await peopled(opened, ['alice', 'bob', 'carol'])
	await befriend(alice, carol)
	const group = await groupOf(alice, [[bob, 'member']], { name: 'Hikers', topic: '' })
	await groupUntil(bob, group, ({ name }) => name === 'Hikers')
	const backup = await backUp(opened)
	const image = new TextEncoder().encode('a picture of a hill')
	must(await alice.api.setGroupPicture({ conversation: group, image }))
	await until(bob.api, { view: 'picture', of: group, is: (named) => named !== null })
	await ackedUntil(alice)

	const people = [alice, bob, carol]
	await restore(opened, people, backup)
	// Bob hands back the log, and may bring no picture; Alice, who may, comes later.
	await comesBack(bob)
	await groupUntil(bob, group, ({ name }) => name === 'Hikers')
	expect(refusal(await bob.api.groupPicture({ conversation: group }))).toMatchObject({ code: 'not-found' })
	for (const person of [alice, carol]) await comesBack(person)
	const shown = async ({ api }: Person) => {
		const answer = await api.groupPicture({ conversation: group })
		return answer.ok ? new TextDecoder().decode(answer.value) : answer.error.type
	}
	await vi.waitFor(async () => expect(await shown(bob)).toBe('a picture of a hill'), 30_000)
	must(await alice.api.addMembers({ conversation: group, members: [{ account: carol.account, role: 'member' }] }))
	await until(carol.api, { view: 'picture', of: group, is: (named) => named !== null })
	expect(await shown(carol)).toBe('a picture of a hill')
	await warnsNobody(people)
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
	const opened = await world({ clock, ...onSqlite })
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
