/**
 * A client that is killed by SIGKILL in the middle of what it does to a group: before the server has heard of it, or when the
 * server took it and the answer never came. Started again on the same store, it is done or was never begun, and goes on.
 */
import { expect, test, vi } from 'vitest'
import type { ConversationId, KithApi } from '#core/api.ts'
import { epochUntil, groupOf, groupUntil, membersUntil } from '../support/groups.ts'
import { startKillableClient } from '../support/killable-client.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, now, talksOf, textOf, until } from '../support/watching.ts'
import { befriend, onlineUntil, post, writableUntil, type Person, type World } from '../support/world.ts'

vi.setConfig({ testTimeout: 120_000 })

/** Kills Alice's client when the server has taken what `act` adds to a log; she never gets the answer. */
async function killedWhile({ server }: World, alice: Person, act: (api: KithApi) => void): Promise<void> {
	await alice.api.close()
	const killable = await startKillableClient(alice)
	await until(killable.api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
	const taken = Promise.withResolvers<void>()
	const stop = server.domain.cluster.subscribe('conversation-log', () => {
		alice.wire.hold('down')
		taken.resolve()
	})
	act(killable.api)
	await taken.promise
	await killable.kill()
	stop()
	alice.wire.resume()
	await alice.reopen()
	await onlineUntil(alice)
}

/** The same before a byte of it has left: nobody ever hears of it. */
async function killedBefore(alice: Person, act: (api: KithApi) => void): Promise<void> {
	await alice.api.close()
	const killable = await startKillableClient(alice)
	await until(killable.api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
	const { up } = alice.wire.bytes
	alice.wire.hold('up')
	act(killable.api)
	await alice.wire.until(() => alice.wire.bytes.up > up)
	alice.wire.cut()
	await killable.kill()
	alice.wire.resume()
	await alice.reopen()
	await onlineUntil(alice)
}

const ignored = (promise: Promise<unknown>) => void promise.catch(() => {})

async function allTalk(people: readonly Person[], group: ConversationId): Promise<void> {
	for (const author of people) {
		const text = `${author.name} ${Math.random()}`
		await writableUntil(author, group)
		await post(author, group, text)
		for (const other of people) await messagesUntil(other.api, group, (all) => all.some((one) => textOf(one) === text))
	}
}

const wish = { kind: 'group', name: 'Named', topic: '', history: 'shared', invite: 'admins', knock: 'no' } as const

test('[C2] killed while it makes a group: the group is there with its name, or there is none', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const members = [{ account: bob.account, role: 'member' }] as const
	const make = (api: KithApi) => ignored(api.createGroup({ ...wish, members }))
	await killedBefore(alice, make)
	expect(talksOf(await now(alice.api, 'chats', null))).toEqual([])
	await killedWhile(world, alice, make)
	const [chat] = await until(alice.api, { view: 'chats', of: null, is: ([one]) => one?.title === 'Named' })
	const group = chat?.conversation ?? ''
	await groupUntil(bob, group, ({ name }) => name === 'Named')
	await allTalk([alice, bob], group)
})

test('[C3] killed between the link of an open room and its place in the directory: it is listed, by that link alone', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	const open = { ...wish, kind: 'room-open', name: 'Lobby', members: [] } as const
	const { rooms: doors } = world.server.domain
	const { list } = doors
	const asked = Promise.withResolvers<void>()
	doors.list = () => {
		asked.resolve()
		return Promise.withResolvers<never>().promise
	}
	await alice.api.close()
	const killable = await startKillableClient(alice)
	await until(killable.api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
	ignored(killable.api.createGroup(open))
	await asked.promise
	await killable.kill()
	doors.list = list
	await alice.reopen()
	await onlineUntil(alice)
	const [chat] = await until(alice.api, { view: 'chats', of: null, is: ([one]) => one?.title === 'Lobby' })
	const room = chat?.conversation ?? ''
	const { rooms } = world.server.domain.repositories
	await vi.waitFor(async () => expect(await rooms.listings()).toHaveLength(1), { timeout: 20_000 })
	expect((await groupUntil(alice, room, () => true)).links).toHaveLength(1)
	must(await bob.api.joinRoom({ conversation: room }))
	await allTalk([alice, bob], room)
})

test('[C2] killed while it adds, removes, gives a role, makes a link: done once, or not at all', async () => {
	const { alice, bob, charlie, world } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [[bob, 'member']])
	await befriend(alice, charlie)
	const added = [{ account: charlie.account, role: 'member' }] as const
	const add = (api: KithApi) => ignored(api.addMembers({ conversation: group, members: added }))
	await killedBefore(alice, add)
	await membersUntil(alice, group, ['alice', 'bob'])
	await killedWhile(world, alice, add)
	await membersUntil(alice, group, ['alice', 'bob', 'charlie'])
	await allTalk([alice, bob, charlie], group)
	const lowered = [{ account: charlie.account, role: 'reader' }] as const
	const lower = (api: KithApi) => ignored(api.setRoles({ conversation: group, members: lowered }))
	const isLowered = (one: Person) =>
		groupUntil(one, group, ({ members }) => members.some(({ role }) => role === 'reader'))
	await killedWhile(world, alice, lower)
	for (const one of [alice, bob]) await isLowered(one)
	const terms = { role: 'member', expires: null, uses: null } as const
	const link = (api: KithApi) => ignored(api.createGroupLink({ conversation: group, ...terms }))
	await killedWhile(world, alice, link)
	await groupUntil(alice, group, ({ links }) => links.length === 1)
	const remove = (api: KithApi) => ignored(api.removeMembers({ conversation: group, accounts: [charlie.account] }))
	await killedBefore(alice, remove)
	await membersUntil(alice, group, ['alice', 'bob', 'charlie'])
	await killedWhile(world, alice, remove)
	for (const one of [alice, bob]) await membersUntil(one, group, ['alice', 'bob'])
	expect((await epochUntil(alice, group, 2)).links).toEqual([])
	await allTalk([alice, bob], group)
})

test('[C2][EPO11] killed when a rotation is due: it is made when somebody who can is back', async () => {
	const { alice, bob, charlie, world } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [
		[bob, 'reader'],
		[charlie, 'member'],
	])
	await killedWhile(world, alice, () => ignored(charlie.api.leaveGroup({ conversation: group })))
	await membersUntil(bob, group, ['alice', 'bob'])
	await epochUntil(alice, group, 2)
	await epochUntil(bob, group, 2)
	await post(alice, group, 'without Charlie')
	await messagesUntil(bob.api, group, (all) => all.some((one) => textOf(one) === 'without Charlie'))
})

test('[A5][DEV8] killed while it revokes a device: the device is out, and what stays has the new keys', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	const group = await groupOf(alice, [[bob, 'member']])
	const lost = await world.device('lost')
	must(await lost.api.signIn({ name: 'alice', password: alice.password }))
	const session = await until(lost.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-in' })
	const devices = [session.type === 'signed-in' ? session.device : '']
	const revoke = (api: KithApi) => ignored(api.revokeDevices({ devices, password: alice.password }))
	await killedBefore(alice, revoke)
	expect((await now(lost.api, 'session', null)).type).toBe('signed-in')
	await alice.api.close()
	const killable = await startKillableClient(alice)
	await until(killable.api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
	// The password is proven in several requests: what is kept back is the answer to the last of them.
	const out = until(lost.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
	ignored(killable.api.revokeDevices({ devices, password: alice.password }))
	await out
	await killable.kill()
	await alice.reopen()
	await epochUntil(bob, group, 2)
	await allTalk([alice, bob], group)
	const again = await world.device('another')
	must(await again.api.signIn({ name: 'alice', password: alice.password }))
	await writableUntil(again, group)
})
