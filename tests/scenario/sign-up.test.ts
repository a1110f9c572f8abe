import { describe, expect, test } from 'vitest'
import { ask } from '../support/raw-http.ts'
import { peopled, setup, setupGrant, world } from '../support/story.ts'
import { storyClock } from '../support/story-clock.ts'
import { must, mustAfterCut, now, refusal, until } from '../support/watching.ts'
import { inviteFrom, signUp, strongPassword, type NodeDevice, type Person } from '../support/world.ts'
import type { Grant } from '#core/api.ts'

const day = 24 * 60 * 60 * 1000

async function refusedWith({ api, name }: NodeDevice, grant: Grant) {
	return refusal(await api.prepareSignUp({ name, displayName: name, password: strongPassword(name), grant }))
}

test('[A3] the set-up link makes the first administrator, once', async () => {
	const story = await world()
	const grant = await setupGrant(story)
	const alice = await signUp(await story.device('alice'), grant)
	expect(await now(alice.api, 'session', null)).toMatchObject({
		type: 'signed-in',
		name: 'alice',
		displayName: 'Alice',
		role: 'admin',
	})
	expect(await story.server.setupToken()).toBeNull()
	expect(await refusedWith(await story.device('bob'), grant)).toEqual({ type: 'server', code: 'set-up-done' })
})

test('[A1] an account whose making was never answered opens with what was typed, as the same device', async () => {
	const story = await world()
	const alice = await story.device('alice')
	const [displayName, password] = ['Alice', strongPassword('alice')]
	const { words, ask: asked } = must(
		await alice.api.prepareSignUp({ name: 'alice', displayName, password, grant: await setupGrant(story) }),
	)
	const typed = { words: [words[asked[0]] ?? '', words[asked[1]] ?? ''] as const }
	const exists = () => story.server.domain.repositories.accounts.byName('alice').then((row) => row !== null)
	const finishing = () =>
		alice.wire.connections.some(({ up }) => Buffer.concat([...up]).includes('POST /api/v1/auth/registration/finish'))
	const unheard = alice.api.completeSignUp(typed)
	await alice.wire.until(finishing)
	alice.wire.hold('down')
	await expect.poll(exists).toBe(true)
	alice.wire.cut()
	expect(refusal(await unheard)).toEqual({ type: 'offline' })
	expect(refusal(await alice.api.completeSignUp(typed))).toEqual({ type: 'offline' })
	alice.wire.resume()
	await mustAfterCut(() => alice.api.completeSignUp(typed))
	expect(await now(alice.api, 'session', null)).toMatchObject({ type: 'signed-in', name: 'alice', displayName })
	const devices = await until(alice.api, { view: 'devices', of: null, is: ([one]) => one?.sid != null })
	expect(devices).toMatchObject([{ current: true, ended: false }])
	const phone = await story.device('phone')
	must(await phone.api.recover({ name: 'alice', code: words.join(' ') }))
})

test('[A3] before the set-up nobody comes in by another way', async () => {
	const story = await world()
	const bob = await story.device('bob')
	const session = await until(bob.api, {
		view: 'session',
		of: null,
		is: (value) => value.type === 'signed-out' && value.instance !== null,
	})
	expect(session).toMatchObject({ instance: { signUp: 'setup' } })
	expect(await refusedWith(bob, { type: 'open' })).toEqual({ type: 'server', code: 'sign-up-closed' })
	expect(await refusedWith(bob, { type: 'invite', token: 'made-up-and-never-drawn' })).toEqual({
		type: 'server',
		code: 'bad-invite',
	})
	expect(await refusedWith(bob, { type: 'setup', token: 'made-up-and-never-drawn' })).toEqual({
		type: 'server',
		code: 'bad-invite',
	})
})

describe('invitations', () => {
	test('[A3] an invitation lets in as many as it was made for', async () => {
		const { alice, world } = await setup('alice')
		const grant = await inviteFrom(alice, { uses: 2, days: 1 })
		const bob = await signUp(await world.device('bob'), grant)
		expect(await now(bob.api, 'session', null)).toMatchObject({ role: 'user' })
		await signUp(await world.device('charlie'), grant)
		expect(await refusedWith(await world.device('dora'), grant)).toEqual({ type: 'server', code: 'bad-invite' })
	})

	test('[A3] of two who use the last place at once, one gets in', async () => {
		const { alice, world } = await setup('alice')
		const grant = await inviteFrom(alice)
		const devices = [await world.device('bob'), await world.device('charlie')]
		const results = await Promise.allSettled(devices.map((device) => signUp(device, grant)))
		expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
		const refused = results.find((result) => result.status === 'rejected')
		expect(String(refused?.reason)).toContain('bad-invite')
	})

	test('[A3] an invitation ends on its day', async () => {
		const { clock, advance } = storyClock()
		const story = await world({ clock })
		const alice = await signUp(await story.device('alice'), await setupGrant(story))
		const grant = await inviteFrom(alice, { uses: 5, days: 1 })
		advance(day - 60_000)
		await signUp(await story.device('bob'), grant)
		advance(60_000)
		expect(await refusedWith(await story.device('charlie'), grant)).toEqual({ type: 'server', code: 'bad-invite' })
	})

	test('[A3] an invitation that was taken back opens nothing', async () => {
		const { alice, world } = await setup('alice')
		const grant = await inviteFrom(alice)
		const { body } = await ask(alice, { path: '/invites' })
		const { invites } = body as { invites: readonly { id: string; usesLeft: number }[] }
		expect(invites).toMatchObject([{ usesLeft: 1 }])
		expect((await ask(alice, { method: 'DELETE', path: `/invites/${invites[0]?.id}` })).status).toBeLessThan(300)
		expect(await refusedWith(await world.device('bob'), grant)).toEqual({ type: 'server', code: 'bad-invite' })
	})

	test('[A3] members invite as many as the operator lets them, and see and end their own alone', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		await inviteFrom(alice)
		const invitesOf = async (person: Person) =>
			((await ask(person, { path: '/invites' })).body as { invites: readonly { id: string; usesLeft: number }[] })
				.invites
		const [ofAlice] = await invitesOf(alice)
		must(await bob.api.createInvite({ uses: 4, days: 1 }))
		expect(await invitesOf(bob)).toMatchObject([{ usesLeft: 4 }])
		expect((await ask(bob, { method: 'DELETE', path: `/invites/${ofAlice?.id}` })).code).toBe('not-found')
		must(await bob.api.friendLink({ withInvite: true }))
		const spent = { type: 'server', code: 'invites-spent' }
		expect(refusal(await bob.api.createInvite({ uses: 1, days: 1 }))).toEqual(spent)
		expect(refusal(await bob.api.friendLink({ withInvite: true }))).toEqual(spent)
	})

	test('[A3] where members invite nobody, administrators alone do', async () => {
		const { alice, bob } = await peopled(await world({ env: { KITH_MEMBER_INVITES: '0' } }), ['alice', 'bob'])
		expect(refusal(await bob.api.createInvite({ uses: 1, days: 1 }))).toEqual({ type: 'server', code: 'invites-spent' })
		must(await alice.api.createInvite({ uses: 100, days: 1 }))
	})

	test('[A3] an open server takes everybody, once it is set up', async () => {
		const story = await world({ env: { KITH_SIGN_UP: 'open' } })
		await signUp(await story.device('alice'), await setupGrant(story))
		const bob = await signUp(await story.device('bob'), { type: 'open' })
		expect(await now(bob.api, 'session', null)).toMatchObject({
			type: 'signed-in',
			role: 'user',
			instance: { signUp: 'open' },
		})
	})
})

test('[A1] a name belongs to one, in any letter case, and has a certain form', async () => {
	const { alice, world } = await setup('alice')
	const grant = await inviteFrom(alice)
	const device = await world.device('bob')
	for (const name of ['alice', 'ALICE']) {
		expect(await refusedWith({ ...device, name }, grant), name).toEqual({ type: 'server', code: 'name-taken' })
	}
	for (const name of ['a', 'with space', 'a'.repeat(33), 'ünïcode']) {
		const error = await refusedWith({ ...device, name }, grant)
		expect(['bad-name', 'malformed'], name).toContain(error.type === 'server' ? error.code : error.type)
	}
})

test('[A1] a password that could be guessed is refused on the device, and a good one is offered', async () => {
	const { alice, world } = await setup('alice')
	const grant = await inviteFrom(alice)
	const { api, wire } = await world.device('bob')
	const draft = { name: 'bob', displayName: 'Bob', grant }
	const before = wire.bytes.up
	for (const password of ['bob', 'password1234', 'bobbobbobbob', '']) {
		const error = refusal(await api.prepareSignUp({ ...draft, password }))
		expect(error, password).toMatchObject({ type: 'weak-password' })
		const suggestion = error.type === 'weak-password' ? error.suggestion : ''
		expect(must(await api.estimatePassword({ password: suggestion, name: 'bob' })).enough).toBe(true)
	}
	expect(wire.bytes.up - before, 'what was asked for was public: the instance').toBeLessThan(2_000)
})
