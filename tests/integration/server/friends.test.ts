/** Requests and answers between people, and every clear error of the product's row F2. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCOUNTS_ASKED_MAX } from '#protocol/limits.ts'
import { bytesOf } from '#tests/support/log-actors.ts'
import {
	befriend,
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

const ask = async (from: Person, to: Person, request?: string) => {
	const step = request ?? (await friendStep(from, to, { type: 'request' }))
	return codeOf(from.http.call((api) => api.friends.request({ account: to.id, request: step })))
}
const accept = async (by: Person, of: Person, request: string, step?: string) => {
	const answer = step ?? (await friendStep(by, of, { type: 'accept', request }))
	return codeOf(by.http.call((api) => api.friends.accept({ account: of.id, accept: answer })))
}
const decline = (by: Person, of: Person) => codeOf(by.http.call((api) => api.friends.decline({ account: of.id })))
const friendsOf = async (person: Person) => (await must(person.http.call((api) => api.friends.list({})))).friends
const statesOf = async (person: Person) => (await friendsOf(person)).map(({ name, state }) => `${name} ${state}`)

describe('a friend request', () => {
	it('is pending on both sides, then accepted, and both see the signed steps', async () => {
		const [bob, carol] = [await somebody(), await somebody()]
		const told: (readonly string[])[] = []
		const unsubscribe = server.domain.cluster.subscribe('friends-changed', ({ accounts }) => told.push(accounts))
		const request = await friendStep(bob, carol, { type: 'request' })
		expect(await ask(bob, carol, request)).toBe('ok')
		expect(await statesOf(bob)).toEqual([`${carol.name} outgoing`])
		expect(await statesOf(carol)).toEqual([`${bob.name} incoming`])
		const step = await friendStep(carol, bob, { type: 'accept', request })
		expect(await accept(carol, bob, request, step)).toBe('ok')
		expect(await statesOf(bob)).toEqual([`${carol.name} accepted`])
		expect((await friendsOf(carol))[0]).toMatchObject({ account: bob.id, state: 'accepted', request, accept: step })
		expect(told).toEqual([
			[bob.id, carol.id],
			[carol.id, bob.id],
		])
		expect(await server.domain.friends.areFriends(bob.account.idHash, carol.account.idHash)).toBe(true)
		unsubscribe()
	})

	it('can be declined, and asked again by either', async () => {
		const [bob, carol] = [await somebody(), await somebody()]
		expect(await ask(bob, carol)).toBe('ok')
		expect(await decline(carol, bob)).toBe('ok')
		expect(await statesOf(bob)).toEqual([`${carol.name} declined`])
		expect(await server.domain.friends.areFriends(bob.account.idHash, carol.account.idHash)).toBe(false)
		expect(await decline(carol, bob)).toBe('no-request')
		const again = await friendStep(carol, bob, { type: 'request' })
		expect(await ask(carol, bob, again)).toBe('ok')
		expect(await accept(bob, carol, again)).toBe('ok')
	})

	it('is refused with its reason', async () => {
		const [bob, carol] = [await somebody(), await somebody()]
		expect(await ask(bob, bob)).toBe('yourself')
		const nobody = toText(bytesOf('nobody', 32))
		const request = await friendStep(bob, carol, { type: 'request' })
		expect(await codeOf(bob.http.call((api) => api.friends.request({ account: nobody, request })))).toBe(
			'unknown-person',
		)
		expect(await ask(bob, carol)).toBe('ok')
		expect(await ask(bob, carol)).toBe('already-invited')
		expect(await ask(carol, bob)).toBe('already-invited')
		expect(await accept(bob, carol, request)).toBe('no-request')
		expect(await decline(bob, carol)).toBe('no-request')
		await befriend(await somebody(), bob)
		const [dora, emil] = [await somebody(), await somebody()]
		await befriend(dora, emil)
		expect(await ask(dora, emil)).toBe('already-friends')
		expect(await ask(emil, dora)).toBe('already-friends')
		expect(await decline(emil, dora)).toBe('already-friends')
		expect(await accept(dora, carol, request)).toBe('no-request')
	})

	it('is refused when its signature is not exactly about this', async () => {
		const [bob, carol, dora] = [await somebody(), await somebody(), await somebody()]
		const request = { type: 'request' as const }
		const spoiled = {
			forged: await friendStep(bob, carol, request, { signature: bytesOf('x', 64) }),
			'by another device': await friendStep(bob, carol, request, { device: dora.device.deviceId }),
			'for another server': await friendStep(bob, carol, request, { server: bytesOf('other', 32) }),
			'from the future': await friendStep(bob, carol, request, { time: Date.now() + 3_600_000 }),
			'by somebody else': await friendStep(dora, carol, request),
			'to somebody else': await friendStep(bob, dora, request),
			'no step at all': 'AAAA',
		}
		for (const [title, step] of Object.entries(spoiled))
			expect([title, await ask(bob, carol, step)]).toEqual([title, 'bad-signature'])
		expect(await friendsOf(carol)).toEqual([])
	})

	it('is accepted only by an answer to itself', async () => {
		const [bob, carol] = [await somebody(), await somebody()]
		const [first, other] = [
			await friendStep(bob, carol, { type: 'request' }),
			await friendStep(bob, carol, { type: 'request' }),
		]
		expect(await ask(bob, carol, first)).toBe('ok')
		expect(await accept(carol, bob, other)).toBe('bad-signature')
		expect(await accept(carol, bob, first, await friendStep(carol, bob, { type: 'decline', request: first }))).toBe(
			'bad-signature',
		)
		expect(await accept(carol, bob, first)).toBe('ok')
	})
})

describe('people', () => {
	it('are found by their exact name, in any case', async () => {
		const bob = await somebody()
		const resolve = (name: string) => bob.http.call((api) => api.friends.resolve({ name }))
		expect(await must(resolve('ALICE'))).toEqual({ account: alice.id })
		expect(await codeOf(resolve('alic'))).toBe('unknown-person')
		expect(await codeOf(resolve('not a name'))).toBe('bad-name')
	})

	it('see the log of those whom they deal with, and of nobody else', async () => {
		const [bob, carol] = [await somebody(), await somebody()]
		const see = (viewer: Person, whom: Person) =>
			codeOf(viewer.http.call((api) => api.accounts.log({ account: whom.id })))
		expect(await see(bob, bob)).toBe('ok')
		expect(await see(bob, carol)).toBe('not-found')
		expect(await ask(bob, carol)).toBe('ok')
		expect([await see(bob, carol), await see(carol, bob)]).toEqual(['ok', 'ok'])
		expect(await decline(carol, bob)).toBe('ok')
		expect([await see(bob, carol), await see(carol, bob)]).toEqual(['not-found', 'not-found'])
		const nobody = toText(bytesOf('nobody', 32))
		expect(await codeOf(bob.http.call((api) => api.accounts.log({ account: nobody })))).toBe('not-found')
	})

	it('ask for many logs at once, and are told nothing of those whom they may not see', async () => {
		const [bob, carol, dora] = [await somebody(), await somebody(), await somebody()]
		await befriend(bob, carol)
		const see = (accounts: readonly string[]) => bob.http.call((api) => api.accounts.logs({ accounts: [...accounts] }))
		const nobody = toText(bytesOf('nobody', 32))
		const { accounts } = await must(see([bob.id, dora.id, carol.id, nobody]))
		expect(accounts.map(({ account }) => account)).toEqual([bob.id, carol.id])
		const alone = await must(bob.http.call((api) => api.accounts.log({ account: carol.id })))
		expect(accounts[1]).toEqual({ account: carol.id, ...alone })
		expect(await codeOf(see(Array.from({ length: ACCOUNTS_ASKED_MAX }, () => nobody)))).toBe('ok')
		expect(await codeOf(see(Array.from({ length: ACCOUNTS_ASKED_MAX + 1 }, () => nobody)))).toBe('malformed')
	})

	it('who are friends learn of each other’s new devices', async () => {
		const [bob, carol, dora] = [await somebody(), await somebody(), await somebody()]
		await befriend(bob, carol)
		expect([...(await server.domain.friends.audienceOf(bob.account.idHash))].sort()).toEqual([bob.id, carol.id].sort())
		expect(await server.domain.friends.audienceOf(dora.account.idHash)).toEqual([dora.id])
	})
})
