/**
 * The stories that everything else stands on, over PostgreSQL. The others pass there too:
 * `KITH_TEST_DATABASE=postgres://… npx vitest run tests/scenario`.
 */
import { expect, test } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { decodeItem } from '#protocol/envelope.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { epochUntil, groupOf, membersUntil } from '../support/groups.ts'
import { describeOnPostgres } from '../support/postgres.ts'
import { phoneOf } from '../support/second-device.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { peopled, world } from '../support/story.ts'
import { keyOf, messagesUntil, must, textOf, textsUntil } from '../support/watching.ts'
import { befriend, offlineUntil, onlineUntil, openDirect, post, type Device, type Person } from '../support/world.ts'

const onPostgres = () => world({ database: 'postgres' })

/** Of all items on the server's disk: whether their text is there still. */
async function formsOn(server: TestServer): Promise<string[]> {
	return (await server.storedItems()).map((bytes) => {
		const item = decodeItem(new Uint8Array(bytes) as Bytes)
		return item.ok ? item.value.form : 'malformed'
	})
}

function sentUntil(device: Device, conversation: ConversationId, count: number) {
	return messagesUntil(
		device.api,
		conversation,
		(all) => all.filter(({ mark, mine }) => mine && mark === 'sent').length >= count,
	)
}

async function moveTo(person: Person, server: TestServer): Promise<void> {
	person.wire.cut()
	await offlineUntil(person)
	person.wire.retarget(server.port)
	person.wire.resume()
	await onlineUntil(person)
}

describeOnPostgres('on PostgreSQL', () => {
	test('[S1][C1][M2] what was said, changed and deleted stands through a restart of the server, and on a new device', async () => {
		const story = await peopled(await onPostgres(), ['alice', 'bob'])
		const { alice, bob, world: here } = story
		await befriend(alice, bob)
		const conversation = await openDirect(alice, bob)
		await post(alice, conversation, 'The code is 4711', 'At eigth')
		await textsUntil(bob.api, conversation, ['The code is 4711', 'At eigth'])
		await post(bob, conversation, 'Ünïcödé ✓ مرحبا')
		must(await alice.api.edit({ conversation, key: await keyOf(alice, conversation, 'At eigth'), text: 'At eight' }))
		must(await alice.api.deleteForEveryone({ conversation, key: await keyOf(alice, conversation, 'The code is 4711') }))
		const after = ['<deleted>', 'At eight', 'Ünïcödé ✓ مرحبا']
		for (const one of [alice, bob]) await textsUntil(one.api, conversation, after)
		expect((await formsOn(here.server))[0]).toBe('skeleton')

		await here.stop()
		await post(bob, conversation, 'Is anybody there?')
		await here.start()
		const all = [...after, 'Is anybody there?']
		await textsUntil(alice.api, conversation, all)
		await textsUntil((await phoneOf(story, bob)).api, conversation, all)
	})

	test('[S1][C2] a group takes in, shows what was said before, and lets go under a new key', async () => {
		const { alice, bob, charlie } = await peopled(await onPostgres(), ['alice', 'bob', 'charlie'])
		const group = await groupOf(alice, [[bob, 'admin']])
		await post(alice, group, 'before')
		await befriend(bob, charlie)
		must(await bob.api.addMembers({ conversation: group, members: [{ account: charlie.account, role: 'member' }] }))
		await textsUntil(charlie.api, group, ['before'])
		must(await alice.api.removeMembers({ conversation: group, accounts: [charlie.account] }))
		await epochUntil(bob, group, 2)
		await post(bob, group, 'among us')
		await textsUntil(alice.api, group, ['before', 'among us'])
		await membersUntil(bob, group, ['alice', 'bob'])
		await textsUntil(charlie.api, group, ['before'])
	})

	test('[S1] two servers on one database take the messages of one conversation, and none is lost', async () => {
		const { alice, bob, world: here } = await peopled(await onPostgres(), ['alice', 'bob'])
		await befriend(alice, bob)
		const conversation = await openDirect(alice, bob)
		const beside = await startTestServer({ data: here.server.data, database: 'postgres' })
		try {
			await moveTo(bob, beside)
			const texts = (name: string) => Array.from({ length: 12 }, (_, i) => `${name} ${i}`)
			await Promise.all([post(alice, conversation, ...texts('alice')), post(bob, conversation, ...texts('bob'))])
			await Promise.all([sentUntil(alice, conversation, 12), sentUntil(bob, conversation, 12)])
			await moveTo(bob, here.server)
			await alice.reopen()
			const wanted = [...texts('alice'), ...texts('bob')].toSorted()
			const seen = []
			for (const { api } of [alice, bob]) {
				const all = await messagesUntil(api, conversation, (list) => list.length === wanted.length)
				expect(all.map(textOf).toSorted()).toEqual(wanted)
				seen.push(all.map(({ event }) => event))
			}
			expect(seen[0]).toEqual(seen[1])
			expect(beside.lines.filter(({ level }) => level === 'error')).toEqual([])
		} finally {
			await beside.stop()
		}
	})
})
