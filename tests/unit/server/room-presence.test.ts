/** How changes of one room are gathered, and what a large one is told: with the domain's own count, over members that a test draws. */
import { expect, test } from 'vitest'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { AWARENESS_MAX_MEMBERS } from '#protocol/limits.ts'
import { inProcessCluster } from '#server/cluster/in-process.ts'
import { createOnline } from '#server/domain/online.ts'
import type { Connection } from '#server/sync/connection.ts'
import { socketLimits } from '#server/sync/limits.ts'
import type { SyncNode } from '#server/sync/node.ts'
import { RoomPresence } from '#server/sync/room-presence.ts'
import { fakeTime, settle } from '#tests/support/fake-timers.ts'
import { bytesOf } from '#tests/support/log-actors.ts'

const id = bytesOf('room', 16)
const key = bytesToBase64url(id)
const accountOf = (index: number) => bytesToBase64url(bytesOf(`member ${index}`, 32))

function roomOf(size: number, hidden: () => Promise<Bytes[]> = async () => []) {
	const time = fakeTime()
	const members = new Map(Array.from({ length: size }, (_, index) => [accountOf(index), {}]))
	const online = createOnline({ repositories: { conversations: { hidden } } as never })
	const conversationStates = { get: async () => ({ id, kind: 'group', members }) }
	const cluster = inProcessCluster('here', (error) => expect.unreachable(String(error)))
	const domain = { online, conversationStates, cluster } as unknown as SyncNode['domain']
	const presence = new RoomPresence({ domain, timers: time.timers })
	const told: HubFromServer[] = []
	const watcher = (index: number) => {
		const connection = { account: accountOf(index), isLive: true, tell: (message: HubFromServer) => told.push(message) }
		return connection as unknown as Connection
	}
	const comes = (index: number, state: 'online' | 'offline' = 'online') => {
		if (online.heard({ account: accountOf(index), node: 'one', state })) presence.moved(accountOf(index))
	}
	const last = () => told.flatMap((message) => (message.t === 'online' ? [message.online] : [])).at(-1)
	return { presence, time, told, watcher, comes, last, cluster }
}

test(`[C4] [WIRE15] up to ${AWARENESS_MAX_MEMBERS} members are named, of more only the number is told`, async () => {
	for (const [size, named] of [
		[AWARENESS_MAX_MEMBERS, true],
		[AWARENESS_MAX_MEMBERS + 1, false],
	] as const) {
		const { presence, watcher, comes, last } = roomOf(size)
		for (let index = 0; index < size; index++) comes(index)
		await presence.watch(watcher(0), key)
		expect(last()?.count).toBe(size)
		expect(last()?.people?.length ?? null).toBe(named ? size : null)
	}
})

test('[C4] [WIRE15] a thousand who come and go are told once a second, and the last word is the right one', async () => {
	const { presence, time, told, watcher, comes, last } = roomOf(40)
	await presence.watch(watcher(0), key)
	const before = told.length
	for (let round = 0; round < 25; round++) {
		for (let index = 0; index < 40; index++) comes(index, round % 2 === 0 ? 'online' : 'offline')
		await settle()
	}
	expect(told.length - before).toBeLessThanOrEqual(1)
	await time.advance(socketLimits.presencePauseMs)
	expect(told.length - before).toBeLessThanOrEqual(2)
	expect(last()).toMatchObject({ count: 40 })
	await time.advance(10 * socketLimits.presencePauseMs)
	expect(told.length - before).toBeLessThanOrEqual(2)
})

test('[C4] who hides is not shown again by an answer that was under way', async () => {
	const answers: ((hidden: Bytes[]) => void)[] = []
	const { presence, told, watcher, comes, last, cluster } = roomOf(
		3,
		() => new Promise((resolve) => answers.push(resolve)),
	)
	const stop = presence.listen()
	comes(1)
	const watching = presence.watch(watcher(0), key)
	await settle()
	cluster.publish('presence-shown', { account: accountOf(1), shown: false })
	await settle()
	const [late, ...current] = answers
	for (const answer of current) answer([bytesOf('member 1', 32)])
	await settle()
	late?.([])
	await settle()
	for (const answer of answers.slice(1)) answer([bytesOf('member 1', 32)])
	await watching
	expect(last()).toEqual({ count: 0, people: [] })
	expect(told.some((message) => message.t === 'online' && message.online?.people?.includes(accountOf(1)))).toBe(false)
	stop()
})

test('[C4] what is told already is not told again, and nobody is told who watches no more', async () => {
	const { presence, time, told, watcher, comes } = roomOf(3)
	const connection = watcher(0)
	await presence.watch(connection, key)
	comes(1)
	await settle()
	const before = told.length
	comes(1, 'offline')
	comes(1)
	await time.advance(2 * socketLimits.presencePauseMs)
	expect(told.length).toBe(before)
	presence.gone(connection)
	comes(2)
	await time.advance(2 * socketLimits.presencePauseMs)
	expect(told.length).toBe(before)
})

test('[C4] one connection watches only so many rooms at a time', async () => {
	const { presence, told, watcher } = roomOf(3)
	const connection = watcher(0)
	for (let index = 0; index <= socketLimits.watchedRooms; index++)
		await presence.watch(connection, bytesToBase64url(bytesOf(`room ${index}`, 16)))
	expect(told.at(-1)).toMatchObject({ t: 'error', code: 'rate-limited' })
})
