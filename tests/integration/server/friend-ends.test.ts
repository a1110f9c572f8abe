/** What ends a request or a friendship, and who may not: over HTTP, with steps that somebody really signed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesOf } from '#tests/support/log-actors.ts'
import {
	codeOf,
	friendStep,
	must,
	signUpAdmin,
	signUpInvited,
	toText,
	type Person,
} from '#tests/support/http-person.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

let server: TestServer
let alice: Person
beforeAll(async () => {
	server = await startTestServer()
	alice = await signUpAdmin(server)
})
afterAll(() => server.close())

let count = 0
const somebody = () => signUpInvited(server, alice, `person${++count}`)
const pair = async () => [await somebody(), await somebody()] as const

const ask = (from: Person, to: Person, request: string) =>
	codeOf(from.http.call((api) => api.friends.request({ account: to.id, request })))
const accept = (by: Person, of: Person, step: string) =>
	codeOf(by.http.call((api) => api.friends.accept({ account: of.id, accept: step })))
const cancel = (by: Person, of: Person, step: string) =>
	codeOf(by.http.call((api) => api.friends.cancel({ account: of.id, cancel: step })))
const end = (by: Person, of: Person, step: string) =>
	codeOf(by.http.call((api) => api.friends.end({ account: of.id, end: step })))
const block = (by: Person, of: Person, step: string | null) =>
	codeOf(by.http.call((api) => api.friends.block({ account: of.id, step })))
const unblock = (by: Person, of: Person) => codeOf(by.http.call((api) => api.friends.unblock({ account: of.id })))

type Query = { since?: number; state?: 'incoming' | 'outgoing' | 'accepted' | 'blocked' | 'ended' }
const list = (person: Person, query: Query = {}) => must(person.http.call((api) => api.friends.list(query)))
const stateOf = async (person: Person, other: Person) =>
	(await list(person)).friends.find(({ account }) => account === other.id)?.state ?? null

async function asked(from: Person, to: Person): Promise<string> {
	const request = await friendStep(from, to, { type: 'request' })
	expect(await ask(from, to, request)).toBe('ok')
	return request
}

/** Their request and the answer to it. */
async function friends(one: Person, other: Person): Promise<{ request: string; answer: string }> {
	const request = await asked(one, other)
	const answer = await friendStep(other, one, { type: 'accept', request })
	expect(await accept(other, one, answer)).toBe('ok')
	return { request, answer }
}

describe('[F1] a request', () => {
	it('[FRD3] is withdrawn by who asked, by his signature, and by nobody else', async () => {
		const [bob, carol] = await pair()
		const mallory = await somebody()
		const request = await asked(bob, carol)
		const own = await friendStep(bob, carol, { type: 'cancel', request })
		expect(await cancel(carol, bob, await friendStep(carol, bob, { type: 'cancel', request }))).toBe('no-request')
		expect(await cancel(mallory, carol, own)).toBe('no-request')
		expect(await cancel(mallory, bob, own)).toBe('no-request')
		const forged = await friendStep(bob, carol, { type: 'cancel', request }, { signature: bytesOf('x', 64) })
		expect(await cancel(bob, carol, forged)).toBe('bad-signature')
		const another = await friendStep(bob, carol, { type: 'request' })
		expect(await cancel(bob, carol, await friendStep(bob, carol, { type: 'cancel', request: another }))).toBe(
			'bad-signature',
		)
		expect(await cancel(bob, carol, await friendStep(bob, carol, { type: 'end', request }))).toBe('bad-signature')
		expect([await stateOf(bob, carol), await stateOf(carol, bob)]).toEqual(['outgoing', 'incoming'])
		expect(await cancel(bob, carol, own)).toBe('ok')
		expect([await stateOf(bob, carol), await stateOf(carol, bob)]).toEqual(['cancelled', 'cancelled'])
		expect(await cancel(bob, carol, own)).toBe('no-request')
	})

	it('[FRD4] that was withdrawn is dead: nobody accepts it, and it cannot be sent again', async () => {
		const [bob, carol] = await pair()
		const request = await asked(bob, carol)
		expect(await cancel(bob, carol, await friendStep(bob, carol, { type: 'cancel', request }))).toBe('ok')
		const late = await friendStep(carol, bob, { type: 'accept', request })
		expect(await accept(carol, bob, late)).toBe('no-request')
		expect(await ask(bob, carol, request)).toBe('bad-signature')
		await asked(bob, carol)
		expect(await accept(carol, bob, late)).toBe('bad-signature')
	})
})

describe('[F1] a friendship', () => {
	it('[FRD3] is ended by either of the two, and by nobody else', async () => {
		const mallory = await somebody()
		for (const isRequester of [true, false]) {
			const [bob, carol] = await pair()
			const { request } = await friends(bob, carol)
			const [one, other] = isRequester ? [bob, carol] : [carol, bob]
			const step = await friendStep(one, other, { type: 'end', request })
			expect(await end(mallory, other, step)).toBe('not-friends')
			expect(await end(mallory, other, await friendStep(mallory, other, { type: 'end', request }))).toBe('not-friends')
			expect(await end(other, one, step)).toBe('bad-signature')
			const forged = await friendStep(one, other, { type: 'end', request }, { signature: bytesOf('x', 64) })
			expect(await end(one, other, forged)).toBe('bad-signature')
			expect(await cancel(one, other, step)).toBe('already-friends')
			expect(await end(one, other, step)).toBe('ok')
			expect([await stateOf(one, other), await stateOf(other, one)]).toEqual(['ended', 'ended'])
			expect((await list(other)).friends[0]?.closing).toBe(step)
			expect(await server.domain.friends.areFriends(bob.account.idHash, carol.account.idHash)).toBe(false)
			expect(await end(other, one, await friendStep(other, one, { type: 'end', request }))).toBe('not-friends')
		}
	})

	it('[FRD4] does not come back by an old request or an old answer, and does by new ones', async () => {
		const [bob, carol] = await pair()
		const { request, answer } = await friends(bob, carol)
		expect(await end(carol, bob, await friendStep(carol, bob, { type: 'end', request }))).toBe('ok')
		expect(await accept(carol, bob, answer)).toBe('no-request')
		expect(await ask(bob, carol, request)).toBe('bad-signature')
		const again = await asked(bob, carol)
		expect(await accept(carol, bob, answer)).toBe('bad-signature')
		expect(await accept(carol, bob, await friendStep(carol, bob, { type: 'accept', request: again }))).toBe('ok')
		expect(await stateOf(bob, carol)).toBe('accepted')
		// The end of the first friendship does not fit the second.
		expect(await end(carol, bob, await friendStep(carol, bob, { type: 'end', request }))).toBe('bad-signature')
	})
})

describe('[F2] a block', () => {
	it('[FRD5] of a friend needs his end, and looks like one', async () => {
		const [bob, carol] = await pair()
		const { request } = await friends(bob, carol)
		expect(await block(bob, carol, null)).toBe('bad-signature')
		expect(await stateOf(bob, carol)).toBe('accepted')
		expect(await block(bob, carol, await friendStep(bob, carol, { type: 'end', request }))).toBe('ok')
		expect([await stateOf(bob, carol), await stateOf(carol, bob)]).toEqual(['blocked', 'ended'])
		const { friends: told } = await list(carol)
		const [dora, emil] = await pair()
		const theirs = await friends(dora, emil)
		await end(dora, emil, await friendStep(dora, emil, { type: 'end', request: theirs.request }))
		// Nothing but ids and times differs from a friendship that was only ended.
		expect(Object.keys(told[0] ?? {})).toEqual(Object.keys((await list(emil)).friends[0] ?? {}))
	})

	it('[F2] [FRD5] leaves a request pending for its sender, who can ask no second time; unblocked it is there again', async () => {
		const [bob, carol] = await pair()
		const request = await asked(bob, carol)
		const before = (await list(bob)).version
		expect(await block(carol, bob, null)).toBe('ok')
		expect([await stateOf(bob, carol), await stateOf(carol, bob)]).toEqual(['outgoing', 'blocked'])
		expect(await list(bob, { since: before })).toMatchObject({ friends: [], gone: [], version: before })
		expect(await ask(bob, carol, await friendStep(bob, carol, { type: 'request' }))).toBe('already-invited')
		expect(await accept(carol, bob, await friendStep(carol, bob, { type: 'accept', request }))).toBe('you-blocked')
		expect(await unblock(carol, bob)).toBe('ok')
		expect(await stateOf(carol, bob)).toBe('incoming')
		expect(await unblock(carol, bob)).toBe('not-blocked')
	})

	it('[F2] takes an own request along, and a new request of the blocked does not arrive', async () => {
		const [bob, carol] = await pair()
		const request = await asked(bob, carol)
		expect(await block(bob, carol, await friendStep(bob, carol, { type: 'cancel', request }))).toBe('ok')
		expect([await stateOf(bob, carol), await stateOf(carol, bob)]).toEqual(['blocked', 'cancelled'])
		await asked(carol, bob)
		expect([await stateOf(bob, carol), await stateOf(carol, bob)]).toEqual(['blocked', 'outgoing'])
		expect(await ask(bob, carol, await friendStep(bob, carol, { type: 'request' }))).toBe('you-blocked')
	})

	it('[F2] of yourself and of nobody is refused; of a stranger it is kept, and taken back', async () => {
		const [bob, carol] = await pair()
		expect(await block(bob, bob, null)).toBe('yourself')
		const nobody = toText(bytesOf('nobody', 32))
		expect(await codeOf(bob.http.call((api) => api.friends.block({ account: nobody, step: null })))).toBe(
			'unknown-person',
		)
		expect(await block(bob, carol, null)).toBe('ok')
		expect((await list(bob)).friends).toMatchObject([
			{ account: carol.id, state: 'blocked', request: null, profile: null },
		])
		expect((await list(carol)).friends).toEqual([])
		const { version } = await list(bob)
		expect(await unblock(bob, carol)).toBe('ok')
		expect(await list(bob, { since: version })).toMatchObject({ friends: [], gone: [carol.id], whole: false })
	})
})

describe('[F1] the friend list', () => {
	it('tells what changed since a version, for each account by itself', async () => {
		const [bob, carol] = await pair()
		const dora = await somebody()
		await friends(bob, carol)
		const first = await list(bob)
		expect(first).toMatchObject({ whole: true, gone: [] })
		await asked(dora, bob)
		const second = await list(bob, { since: first.version })
		expect(second.friends.map(({ account, state }) => [account, state])).toEqual([[dora.id, 'incoming']])
		expect(second).toMatchObject({ whole: false, gone: [] })
		expect(await list(bob, { since: second.version })).toMatchObject({ friends: [], gone: [], version: second.version })
		expect((await list(carol)).friends).toHaveLength(1)
		// A server that was restored knows less: then all is told.
		expect((await list(bob, { since: second.version + 7 })).friends).toHaveLength(2)
	})

	it('can be asked by state', async () => {
		const [bob, carol] = await pair()
		const dora = await somebody()
		await friends(bob, carol)
		await asked(dora, bob)
		const accounts = async (state: NonNullable<Query['state']>) =>
			(await list(bob, { state })).friends.map(({ account }) => account)
		expect(await accounts('accepted')).toEqual([carol.id])
		expect(await accounts('incoming')).toEqual([dora.id])
		expect(await accounts('blocked')).toEqual([])
		expect(await codeOf(bob.http.call((api) => api.friends.list({ state: 'friends' as 'accepted' })))).toBe('malformed')
	})
})
