import { expect, test } from 'vitest'
import type { LogLineView, SealingView } from '#core/api.ts'
import { groupOf, groupUntil, notWritableUntil } from '../support/groups.ts'
import { setup } from '../support/story.ts'
import { must, textsUntil, until } from '../support/watching.ts'
import { befriend, post, type Someone } from '../support/world.ts'

/** What a screen says of a group besides its messages. */

const sayUntil = (one: Someone, conversation: string, count: number) =>
	until(one.api, { view: 'log', of: conversation, is: (lines) => lines.length >= count })

test('[C2] what happened is told in order: who came and went, roles, name, policy, archive', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [[bob, 'member']], { name: 'Hikers' })
	await befriend(alice, charlie)
	const api = alice.api
	const at = { conversation: group }
	const of = ({ account }: Someone) => account
	must(await api.addMembers({ ...at, members: [{ account: of(charlie), role: 'member' }] }))
	must(await api.renameGroup({ ...at, name: 'Climbers', topic: '' }))
	must(await api.renameGroup({ ...at, name: 'Climbers', topic: 'On Sundays' }))
	must(await api.setGroupPolicy({ ...at, policy: { invite: 'members', history: 'from-join', knock: 'yes' } }))
	must(await api.setRoles({ ...at, members: [{ account: of(charlie), role: 'reader' }] }))
	const handed = [
		{ account: of(bob), role: 'owner' },
		{ account: of(alice), role: 'admin' },
	] as const
	must(await api.setRoles({ ...at, members: handed }))
	must(await api.removeMembers({ ...at, accounts: [of(charlie)] }))
	must(await api.archiveGroup({ ...at, archived: true }))
	must(await api.archiveGroup({ ...at, archived: false }))
	must(await api.leaveGroup(at))
	const told = await sayUntil(bob, group, 13)
	const by = (who: Someone, what: LogLineView['what']) => ({ by: of(who), what })
	expect(told.map((line) => ({ by: line.by, what: line.what }))).toEqual([
		by(alice, { type: 'created' }),
		by(alice, { type: 'added', people: [of(charlie)] }),
		by(alice, { type: 'renamed', name: 'Climbers' }),
		by(alice, { type: 'topic' }),
		by(alice, { type: 'history', history: 'from-join' }),
		by(alice, { type: 'invite' }),
		by(alice, { type: 'knock' }),
		by(alice, { type: 'role', role: 'reader', people: [of(charlie)] }),
		by(alice, { type: 'role', role: 'owner', people: [of(bob)] }),
		by(alice, { type: 'removed', people: [of(charlie)] }),
		by(alice, { type: 'archived' }),
		by(alice, { type: 'restored' }),
		by(alice, { type: 'left', people: [of(alice)] }),
	])
	expect(new Set(told.map(({ key }) => key)).size).toBe(told.length)
	// Who is out is told as far as he was in, and how it ended for him.
	const last = await until(charlie.api, { view: 'log', of: group, is: (all) => all.at(-1)?.what.type === 'removed' })
	expect(last.length).toBe(10)
	expect((await groupUntil(charlie, group, ({ ended }) => ended !== null)).ended).toBe('removed')
	expect((await groupUntil(alice, group, ({ ended }) => ended !== null)).ended).toBe('left')
})

test('[C2] joins by a link that follow one another are one line', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [])
	const { url } = must(
		await alice.api.createGroupLink({ conversation: group, role: 'member', expires: null, uses: null }),
	)
	for (const one of [bob, charlie]) must(await one.api.joinByLink({ url }))
	const both = await until(alice.api, {
		view: 'log',
		of: group,
		is: (lines) => lines.some(({ what }) => what.type === 'joined' && what.people.length === 2),
	})
	expect(both.map(({ what }) => what.type)).toEqual(['created', 'link', 'joined'])
	expect(both[2]?.what).toEqual({ type: 'joined', people: [bob.account, charlie.account] })
})

test('[C2] the list of chats says who wrote last, and names stay when people go', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'member'],
	])
	await post(bob, group, 'from bob')
	await textsUntil(alice.api, group, ['from bob'])
	const lastOf = async (one: Someone) => {
		const chats = await until(one.api, {
			view: 'chats',
			of: null,
			is: (all) => all.some(({ conversation, last }) => conversation === group && last?.text === 'from bob'),
		})
		return chats.find(({ conversation }) => conversation === group)?.last?.by
	}
	const nameOfBob = (await groupUntil(alice, group, () => true)).members.find(({ account }) => account === bob.account)
	expect(await lastOf(alice)).toBe(nameOfBob?.displayName)
	expect(await lastOf(bob)).toBeNull()
	must(await alice.api.removeMembers({ conversation: group, accounts: [bob.account] }))
	await notWritableUntil(bob, group, 'not-member')
	const view = await until(charlie.api, { view: 'conversation', of: group, is: (one) => one !== null })
	expect(view?.kind).toBe('group')
	expect(view?.people.find(({ account }) => account === bob.account)?.displayName).toBe(nameOfBob?.displayName)
})

test('[C2] progress is told while a key is made for everybody, and ends with it', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	const group = await groupOf(alice, [
		[bob, 'member'],
		[charlie, 'member'],
	])
	const told: (SealingView | null)[] = []
	const stop = alice.api.watch('sealing', null, (view) => told.push(view))
	must(await alice.api.removeMembers({ conversation: group, accounts: [bob.account] }))
	await until(alice.api, { view: 'sealing', of: null, is: (view) => view === null })
	stop()
	const steps = told.filter((view) => view !== null)
	expect(steps.length).toBeGreaterThan(0)
	expect(new Set(steps.map(({ total }) => total))).toEqual(new Set([4]))
	// It grows; where an entry of somebody else came first, it is done once more from the beginning.
	for (const [i, { done }] of steps.entries()) expect(done === 0 || done >= (steps[i - 1]?.done ?? 0)).toBe(true)
	expect(told.at(-1)).toBeNull()
})
