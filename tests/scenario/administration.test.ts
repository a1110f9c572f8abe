/** An administrator closes accounts, gives and takes the role, and writes as the operator, with real clients over a real server. */
import { describe, expect, test, vi } from 'vitest'
import { ADMIN_PAGE_MAX } from '#protocol/limits.ts'
import { groupOf } from '../support/groups.ts'
import { storyClock } from '../support/story-clock.ts'
import { peopled, setup, world as openedWorld } from '../support/story.ts'
import { messagesUntil, must, now, refusal, talksOf, textsUntil, until } from '../support/watching.ts'
import { accessTokenOf, befriend, onlineUntil, openDirect, post, writableUntil, type Person } from '../support/world.ts'
import { ask } from '../support/raw-http.ts'

const day = 24 * 60 * 60 * 1000
const forbidden = { type: 'server', code: 'forbidden' }

const signedOutBecause = ({ api }: Person, why: string) =>
	until(api, { view: 'session', of: null, is: (session) => session.type === 'signed-out' && session.why === why })

describe('a closed account', () => {
	test('[A4] is signed out at once, may not sign in, and comes back whole', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		await befriend(alice, bob)
		const conversation = await openDirect(alice, bob)
		await post(bob, conversation, 'before')
		await textsUntil(alice.api, conversation, ['before'])
		const token = await accessTokenOf(bob)
		must(await alice.api.setUserDisabled({ account: bob.account, disabled: true }))
		await signedOutBecause(bob, 'disabled')
		// Its token lives for minutes, and opens nothing.
		expect(await ask(bob, { path: '/friends', token })).toMatchObject({ status: 403, code: 'disabled' })
		const again = await bob.api.signIn({ name: 'bob', password: bob.password })
		expect(refusal(again)).toEqual({ type: 'server', code: 'disabled' })
		const byCode = await bob.api.recover({ name: 'bob', code: bob.words.join(' ') })
		expect(refusal(byCode)).toEqual({ type: 'server', code: 'disabled' })
		must(await alice.api.setUserDisabled({ account: bob.account, disabled: false }))
		must(await bob.api.signIn({ name: 'bob', password: bob.password }))
		await textsUntil(bob.api, conversation, ['before'])
		await writableUntil(bob, conversation)
		await post(bob, conversation, 'after')
		await textsUntil(alice.api, conversation, ['before', 'after'])
	})

	test('[A4] a device that was away hears of it when it comes back; opened again meanwhile, it only signs in anew', async () => {
		const { alice, bob, world } = await setup('alice', 'bob')
		const phone = await world.device('bob-phone')
		must(await phone.api.signIn({ name: 'bob', password: bob.password }))
		await bob.api.close()
		must(await alice.api.setUserDisabled({ account: bob.account, disabled: true }))
		await until(phone.api, { view: 'session', of: null, is: (session) => session.type === 'signed-out' })
		must(await alice.api.setUserDisabled({ account: bob.account, disabled: false }))
		await bob.reopen()
		await signedOutBecause(bob, 'session-ended')
	})

	test('[A4] nobody closes his own, a user closes none, and there is always an administrator', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		const own = await alice.api.setUserDisabled({ account: alice.account, disabled: true })
		expect(refusal(own)).toEqual({ type: 'server', code: 'yourself' })
		const lastRole = await alice.api.setUserRole({ account: alice.account, role: 'user' })
		expect(refusal(lastRole)).toEqual({ type: 'server', code: 'last-admin' })
		expect(refusal(await bob.api.setUserDisabled({ account: alice.account, disabled: true }))).toEqual(forbidden)
		expect(refusal(await bob.api.setUserRole({ account: bob.account, role: 'admin' }))).toEqual(forbidden)
		const nobody = await alice.api.setUserDisabled({ account: 'A'.repeat(43), disabled: true })
		expect(refusal(nobody)).toEqual({ type: 'server', code: 'not-found' })
		// An administrator who may not sign in is none.
		must(await alice.api.setUserRole({ account: bob.account, role: 'admin' }))
		must(await alice.api.setUserDisabled({ account: bob.account, disabled: true }))
		expect(refusal(await alice.api.setUserRole({ account: alice.account, role: 'user' }))).toMatchObject({
			code: 'last-admin',
		})
	})
})

describe('administrators', () => {
	test('[A4] the role counts from the moment it is given or taken, on a session that is open', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		expect(refusal(await bob.api.serverFigures())).toEqual(forbidden)
		must(await alice.api.setUserRole({ account: bob.account, role: 'admin' }))
		expect(must(await bob.api.serverFigures())).toMatchObject({ accounts: 2, admins: 2 })
		must(await bob.api.setUserRole({ account: alice.account, role: 'user' }))
		expect(refusal(await alice.api.serverUsers({ search: '', after: null }))).toEqual(forbidden)
		// The client of who got it learns of it with his next token, at the latest when it starts again.
		await bob.reopen()
		const isAdmin = (session: { type: string; role?: string }) => session.role === 'admin'
		await until(bob.api, { view: 'session', of: null, is: isAdmin })
	})

	test('[A4] of two who take the role of each other at once one keeps it', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		must(await alice.api.setUserRole({ account: bob.account, role: 'admin' }))
		const taken = await Promise.all([
			alice.api.setUserRole({ account: bob.account, role: 'user' }),
			bob.api.setUserRole({ account: alice.account, role: 'user' }),
		])
		expect(taken.filter(({ ok }) => ok)).toHaveLength(1)
		expect(taken.flatMap((one) => (one.ok ? [] : [one.error]))).toEqual([forbidden])
	})

	test('[A4][S5] find people by a part of the name, a page at a time', async () => {
		const { alice } = await setup('alice', 'bob', 'bobby', 'carol')
		const everybody = must(await alice.api.serverUsers({ search: '', after: null }))
		expect(everybody).toMatchObject({ total: 4, next: null })
		expect(everybody.users.map(({ name, role }) => [name, role])).toEqual([
			...[
				['alice', 'admin'],
				['bob', 'user'],
				['bobby', 'user'],
				['carol', 'user'],
			],
		])
		const found = must(await alice.api.serverUsers({ search: ' BOB', after: null }))
		expect(found.users.map(({ name }) => name)).toEqual(['bob', 'bobby'])
		expect(must(await alice.api.serverUsers({ search: '%', after: null }))).toMatchObject({ users: [], total: 0 })
		expect(must(await alice.api.serverUsers({ search: 'bob', after: 'bob' })).users).toHaveLength(1)
		const page = async (limit: number) => (await ask(alice, { path: `/admin/users?limit=${limit}` })).body
		expect(await page(2)).toMatchObject({ users: [{ name: 'alice' }, { name: 'bob' }], total: 4, next: 'bob' })
		expect(await page(ADMIN_PAGE_MAX)).toMatchObject({ next: null })
		expect(await page(ADMIN_PAGE_MAX + 1)).toMatchObject({ code: 'malformed' })
	})

	test('[S5] see open rooms by name, and of what is private a number', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		const open = await groupOf(alice, [[bob, 'member']], { kind: 'room-open', name: 'Lobby' })
		const closed = await bob.api.createGroup({
			...{ kind: 'room-private', name: 'Cellar', topic: '', history: 'shared', invite: 'admins', knock: 'no' },
			members: [],
		})
		await post(bob, must(closed).conversation, 'only for me')
		await messagesUntil(bob.api, must(closed).conversation, ([first]) => first?.mark === 'sent')
		const rooms = must(await alice.api.serverRooms())
		expect(rooms).toMatchObject({
			open: [{ conversation: open, name: 'Lobby', members: 2, archived: false }],
			private: 1,
		})
		expect(JSON.stringify(rooms)).not.toContain('Cellar')
		const figures = must(await alice.api.serverFigures())
		expect(figures).toMatchObject({ messages: 1, conversations: { openRooms: 1, privateRooms: 1, direct: 0 } })
		expect(figures.messageBytes).toBeGreaterThan(0)
		expect(figures.databaseBytes).toBeGreaterThan(figures.messageBytes)
		must(await alice.api.archiveGroup({ conversation: open, archived: true }))
		expect(must(await alice.api.serverRooms()).open).toMatchObject([{ archived: true }])
	})
})

describe('the audit log', () => {
	test('[A4][S5] says who did what to whom, to administrators alone, and nothing besides', async () => {
		const { alice, bob, world } = await setup('alice', 'bob', 'carol')
		must(await alice.api.setUserDisabled({ account: bob.account, disabled: true }))
		must(await alice.api.setUserDisabled({ account: bob.account, disabled: false }))
		must(await bob.api.signIn({ name: 'bob', password: bob.password }))
		// What is refused was not done.
		expect(refusal(await bob.api.setUserRole({ account: bob.account, role: 'admin' }))).toEqual(forbidden)
		expect(refusal(await bob.api.serverAudit({ before: null }))).toEqual(forbidden)
		expect(await ask(bob, { path: '/admin/audit', token: await accessTokenOf(bob) })).toMatchObject({ status: 403 })
		expect(await ask(bob, { path: '/admin/audit', token: '' })).toMatchObject({ status: 401 })
		must(await alice.api.setUserRole({ account: bob.account, role: 'admin' }))
		must(await bob.api.setUserRole({ account: alice.account, role: 'user' }))
		expect(refusal(await alice.api.serverAudit({ before: null }))).toEqual(forbidden)
		must(await world.server.domain.operator.disable('carol'))
		const { entries, next } = must(await bob.api.serverAudit({ before: null }))
		expect(next).toBeNull()
		expect(entries.map(({ seq, byName, act, subjectName }) => [seq, byName, act, subjectName])).toEqual([
			[5, null, 'close-account', 'carol'],
			[4, 'bob', 'make-user', 'alice'],
			[3, 'alice', 'make-admin', 'bob'],
			[2, 'alice', 'open-account', 'bob'],
			[1, 'alice', 'close-account', 'bob'],
		])
		expect(entries.map(({ by }) => by)).toEqual([null, bob.account, alice.account, alice.account, alice.account])
		const older = (await ask(bob, { path: '/admin/audit?limit=2&before=5' })).body
		expect(older).toMatchObject({ entries: [{ seq: 4 }, { seq: 3 }], next: 3 })
		expect((await ask(bob, { path: `/admin/audit?limit=${ADMIN_PAGE_MAX + 1}` })).body).toMatchObject({
			code: 'malformed',
		})
		expect((await ask(bob, { path: '/admin/audit?before=0' })).body).toMatchObject({ code: 'malformed' })
	})

	test('[S5] is kept for as long as the operator says', async () => {
		const { clock, advance } = storyClock()
		const opened = await openedWorld({ clock, env: { KITH_AUDIT_DAYS: '30' } })
		const { alice } = await peopled(opened, ['alice', 'bob'])
		must(await opened.server.domain.operator.disable('bob'))
		advance(29 * day)
		must(await opened.server.domain.operator.enable('bob'))
		await opened.stop()
		await opened.start()
		const log = async () => must(await alice.api.serverAudit({ before: null })).entries.map(({ act }) => act)
		await onlineUntil(alice)
		await vi.waitFor(async () => expect(await log()).toEqual(['open-account', 'close-account']), 30_000)
		advance(2 * day)
		await opened.stop()
		await opened.start()
		await onlineUntil(alice)
		await vi.waitFor(async () => expect(await log()).toEqual(['open-account']), 30_000)
	})
})

describe('notices', () => {
	test('[C5] an administrator writes to somebody who is no friend, who answers, apart from their direct conversation', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		const { conversation } = must(await alice.api.openNotice({ account: bob.account }))
		expect(must(await alice.api.openNotice({ account: bob.account })).conversation).toBe(conversation)
		await writableUntil(alice, conversation)
		await post(alice, conversation, 'The server moves on Sunday')
		await writableUntil(bob, conversation)
		await textsUntil(bob.api, conversation, ['The server moves on Sunday'])
		await post(bob, conversation, 'Thank you')
		await textsUntil(alice.api, conversation, ['The server moves on Sunday', 'Thank you'])
		expect(await now(bob.api, 'conversation', conversation)).toMatchObject({
			...{ notice: 'to-us', people: [{ account: alice.account, verified: false }] },
			readers: { who: { type: 'pair', other: alice.account } },
		})
		expect(await now(alice.api, 'conversation', conversation)).toMatchObject({ notice: 'by-us' })
		expect(talksOf(await now(bob.api, 'chats', null)).map(({ kind }) => kind)).toEqual(['notice'])
		await befriend(alice, bob)
		const direct = await openDirect(alice, bob)
		expect(direct).not.toBe(conversation)
		expect(await now(bob.api, 'conversation', direct)).toMatchObject({ notice: null, messages: [] })
	})

	test('[C5] a block of the person stops his messages and no notice', async () => {
		const { alice, bob } = await setup('alice', 'bob')
		await befriend(alice, bob)
		const direct = await openDirect(alice, bob)
		must(await bob.api.block({ account: alice.account }))
		await until(alice.api, { view: 'conversation', of: direct, is: (view) => view?.writable.type === 'no' })
		const { conversation } = must(await alice.api.openNotice({ account: bob.account }))
		await writableUntil(alice, conversation)
		await post(alice, conversation, 'All the same')
		await textsUntil(bob.api, conversation, ['All the same'])
		await post(bob, conversation, 'I hear you')
		await textsUntil(alice.api, conversation, ['All the same', 'I hear you'])
	})

	test('[C5] who lost the role writes no more, and is told so; the answers stay', async () => {
		const { alice, bob, carol } = await setup('alice', 'bob', 'carol')
		const { conversation } = must(await alice.api.openNotice({ account: bob.account }))
		await post(alice, conversation, 'Welcome')
		await textsUntil(bob.api, conversation, ['Welcome'])
		must(await alice.api.setUserRole({ account: carol.account, role: 'admin' }))
		must(await carol.api.setUserRole({ account: alice.account, role: 'user' }))
		// Her client does not know yet: the server refuses.
		await post(alice, conversation, 'And another thing')
		await messagesUntil(alice.api, conversation, (all) => all.at(-1)?.mark === 'failed')
		await alice.reopen()
		await until(alice.api, {
			view: 'conversation',
			of: conversation,
			is: (view) => view?.writable.type === 'no' && view.writable.why === 'not-operator',
		})
		await post(bob, conversation, 'Thank you')
		await messagesUntil(alice.api, conversation, (all) => all.some(({ mine }) => !mine))
		await textsUntil(bob.api, conversation, ['Welcome', 'Thank you'])
	})
})
