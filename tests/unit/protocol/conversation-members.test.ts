import { describe, expect, test } from 'vitest'
import type { Role } from '#protocol/conversation-log.ts'
import { boxesAtBase, boxesDue, cutsOver, mayRead, roleAt } from '#protocol/conversation-lookups.ts'
import { bytesOf, epochOf } from '../../support/log-actors.ts'
import { groupStory, type GroupStory } from '../../support/group-story.ts'

const cast = ['alice', 'bob', 'charlie', 'dora'] as const

/** Of the four, those for whom the entry that `write` makes is valid. */
async function allowed(
	write: (story: GroupStory, by: string) => Promise<unknown> | unknown,
	change: Parameters<typeof groupStory>[0] = {},
): Promise<Record<string, string | null>> {
	const verdicts: Record<string, string | null> = {}
	for (const by of cast) {
		const story = await groupStory(change)
		await write(story, by)
		verdicts[by] = await story.problem()
	}
	return verdicts
}

const administer = (rule: string) => ({ alice: null, bob: null, charlie: rule, dora: rule })

describe('who comes', () => {
	test('[CNV19][CNV21] who the policy lets invite adds', async () => {
		const add = (story: GroupStory, by: string) => story.add(by, { eve: 'member' }, 1)
		expect(await allowed(add)).toEqual(administer('CNV21'))
		expect(await allowed(add, { policy: { invite: 'members' } })).toEqual({
			...{ alice: null, bob: null, charlie: null, dora: 'CNV21' },
		})
		const nobody = await allowed(add, { policy: { invite: 'nobody' } })
		expect(Object.values(nobody)).toEqual(['CNV21', 'CNV21', 'CNV21', 'CNV21'])
	})

	test('[CNV21] and gives no role above his own', async () => {
		const given = async (by: string, role: Role) => {
			const story = await groupStory({ policy: { invite: 'members' } })
			return (await story.add(by, { eve: role }, 1)).problem()
		}
		const roles = ['owner', 'admin', 'member', 'reader'] as const
		const table = await Promise.all(
			['alice', 'bob', 'charlie'].map((by) => Promise.all(roles.map((role) => given(by, role)))),
		)
		expect(table).toEqual([
			[null, null, null, null],
			['CNV21', null, null, null],
			['CNV21', 'CNV21', null, null],
		])
	})

	test('[CNV24] an add names no member, and each whom it adds in acc', async () => {
		expect(await (await (await groupStory()).add('alice', { bob: 'member' }, 1)).problem()).toBe('CNV24')
		expect(await (await (await groupStory()).add('alice', {}, 1)).problem()).toBe('CNV24')
		const silent = await groupStory()
		const keys = { give: 'current', n: 1, boxesRoot: bytesOf('boxes') } as const
		silent.write('alice', 'add', { members: silent.members({ eve: 'member' }), keys, acc: [] })
		expect(await silent.problem()).toBe('CNV24')
	})

	test('[CNV25] where members read from their joining on, an add makes an epoch', async () => {
		const change = { policy: { history: 'from-join' } } as const
		expect(await (await (await groupStory(change)).add('alice', { eve: 'member' }, 1)).problem()).toBe('CNV25')
		const story = await groupStory(change)
		const acc = await story.refs('eve')
		const keys = { give: 'rotate', ...epochOf(2), back: null } as const
		story.write('alice', 'add', { members: story.members({ eve: 'member' }), keys, acc })
		const state = await story.state()
		expect(state.epochs.map(({ n, base }) => [n, base])).toEqual([
			[1, 0],
			[2, 2],
		])
		const eve = story.idOf('eve')
		expect([mayRead(state, eve, 1), mayRead(state, eve, 2), mayRead(state, eve, 3)]).toEqual([false, true, false])
		expect(mayRead(state, story.idOf('bob'), 1)).toBe(true)
		const leading = await groupStory(change)
		leading.write('alice', 'add', {
			members: leading.members({ eve: 'member' }),
			keys: { ...keys, ...epochOf(2) },
			acc,
		})
		expect(await leading.problem()).toBe('EPO4')
	})

	test('[CNV25] an add gives the newest epoch, and no other', async () => {
		expect(await (await (await groupStory()).add('alice', { eve: 'member' }, 2)).problem()).toBe('CNV25')
		const story = await groupStory()
		const keys = { give: 'rotate', ...epochOf(3) } as const
		story.write('alice', 'add', { members: story.members({ eve: 'member' }), keys, acc: await story.refs('eve') })
		expect(await story.problem()).toBe('EPO2')
	})

	test('[CNV12] acc names those who are members after the entry', async () => {
		const story = await groupStory()
		const keys = { give: 'current', n: 1, boxesRoot: bytesOf('boxes') } as const
		const acc = await story.refs('eve', 'frank')
		story.write('alice', 'add', { members: story.members({ eve: 'member' }), keys, acc })
		expect(await story.problem()).toBe('CNV12')
		const gone = await groupStory()
		const fields = { accounts: gone.ids('charlie'), epoch: epochOf(2), cut: bytesOf('cut') }
		gone.write('alice', 'remove', { ...fields, acc: await gone.refs('charlie') })
		expect(await gone.problem()).toBe('CNV12')
	})

	test('[EPO6] who came after the base of a rotate gets his box one later', async () => {
		const story = await groupStory()
		const base = story.log.based(story.person('bob'))
		await story.add('alice', { eve: 'member' }, 1)
		story.rotate('bob', 2, base)
		const state = await story.state()
		expect(boxesAtBase(state).map(({ idHash }) => idHash)).not.toContainEqual(story.idOf('eve'))
		expect(boxesDue(state).map(({ idHash }) => idHash)).toContainEqual(story.idOf('eve'))
		expect(mayRead(state, story.idOf('eve'), 1)).toBe(true)
	})
})

describe('who goes', () => {
	const leave = (story: GroupStory, by: string) => story.write(by, 'leave', { cut: bytesOf('cut') })

	test('[CNV23] everybody may leave, the last owner only as the last member', async () => {
		expect(await allowed(leave)).toEqual({ alice: 'CNV23', bob: null, charlie: null, dora: null })
		const alone = await groupStory({}, { alice: 'owner' })
		expect(await leave(alone, 'alice').problem()).toBeNull()
		const two = await groupStory({}, { alice: 'owner', bob: 'owner' })
		expect(await leave(two, 'alice').problem()).toBeNull()
	})

	test('[CNV16] a leave cuts all devices of the leaver, who is no author after it', async () => {
		const story = await groupStory()
		leave(story, 'charlie')
		const state = await story.state()
		const charlie = story.person('charlie')
		const of = { account: charlie.idHash, device: charlie.laptop.deviceId }
		expect(cutsOver(state, { ...of, logSeq: 1 })).toHaveLength(1)
		expect([roleAt(state, charlie.idHash, 1), roleAt(state, charlie.idHash, 2)]).toEqual(['member', null])
		expect(await story.rotate('charlie', 2).problem()).toBe('CNV7')
	})

	test('[EPO3] a rotate that was made before somebody left is refused', async () => {
		const story = await groupStory()
		const base = story.log.based(story.person('bob'))
		leave(story, 'charlie')
		expect(await story.rotate('bob', 2, base).problem()).toBe('EPO3')
	})

	test('[CNV28] owners and admins remove others than themselves', async () => {
		expect(await allowed((story, by) => story.remove(by, ['dora'], 2))).toEqual({
			...{ alice: null, bob: null, charlie: 'CNV28', dora: 'CNV28' },
		})
		for (const names of [['bob'], [], ['stranger'], ['bob', 'dora']])
			expect(await (await groupStory()).remove('bob', names, 2).problem()).toBe('CNV28')
	})

	test('[CNV20][CNV22] admins do all but change owners', async () => {
		expect(await (await groupStory()).remove('bob', ['alice'], 2).problem()).toBe('CNV22')
		const roles = async (by: string, change: Readonly<Record<string, Role>>) => {
			const story = await groupStory()
			return story.write(by, 'role', { members: story.members(change), cut: null }).problem()
		}
		expect(await roles('bob', { charlie: 'owner' })).toBe('CNV22')
		expect(await roles('bob', { alice: 'admin' })).toBe('CNV22')
		expect(await roles('bob', { charlie: 'admin' })).toBeNull()
		expect(await roles('alice', { bob: 'owner' })).toBeNull()
		expect(await roles('alice', { bob: 'owner', alice: 'admin' })).toBeNull()
	})

	test('[CNV20] a remove makes an epoch and ends every link', async () => {
		const story = (await groupStory()).link('alice', 1).remove('bob', ['charlie'], 2)
		const state = await story.state()
		expect([state.epochs.length, state.links.size, state.members.size]).toEqual([2, 0, 3])
		expect(await (await groupStory()).remove('bob', ['charlie'], 3).problem()).toBe('EPO2')
		const without = await groupStory()
		const fields = { accounts: without.ids('charlie'), acc: [], cut: bytesOf('cut') }
		without.write('bob', 'remove', { ...fields, epoch: { ...epochOf(2), back: null } })
		expect(await without.problem()).toBe('EPO4')
	})
})

describe('roles', () => {
	test('[CNV29] an owner or admin gives members a role that they do not have', async () => {
		const raise = (story: GroupStory, by: string) =>
			story.write(by, 'role', { members: story.members({ dora: 'member' }), cut: null })
		expect(await allowed(raise)).toEqual(administer('CNV29'))
		for (const change of [{ stranger: 'member' }, { charlie: 'member' }, {}] as const) {
			const story = await groupStory()
			expect(await story.write('alice', 'role', { members: story.members(change), cut: null }).problem()).toBe('CNV29')
		}
	})

	test('[CNV29] with a cut exactly where a right to write ends', async () => {
		const lowered = async (change: Readonly<Record<string, Role>>, cut: boolean) => {
			const story = await groupStory()
			const members = story.members(change)
			return story.write('alice', 'role', { members, cut: cut ? bytesOf('cut') : null }).problem()
		}
		expect(await lowered({ charlie: 'reader' }, true)).toBeNull()
		expect(await lowered({ charlie: 'reader' }, false)).toBe('CNV29')
		expect(await lowered({ bob: 'member' }, true)).toBe('CNV29')
		expect(await lowered({ bob: 'member' }, false)).toBeNull()
	})

	test('[CNV23] there is an owner at every position', async () => {
		const story = await groupStory()
		expect(
			await story.write('alice', 'role', { members: story.members({ alice: 'admin' }), cut: null }).problem(),
		).toBe('CNV23')
		const roles = { alice: 'admin', bob: 'member' } as const
		expect(await (await groupStory({}, roles)).problem()).toBe('CNV23')
		expect(await (await groupStory({}, { alice: 'admin', bob: 'owner' })).problem()).toBe('CNV23')
	})

	test('[EPO3] a raised role stops no rotate under way, a lowered one does', async () => {
		for (const [change, problem] of [
			[{ dora: 'member' }, null],
			[{ bob: 'member' }, 'EPO3'],
		] as const) {
			const story = await groupStory()
			const base = story.log.based(story.person('charlie'))
			story.write('alice', 'role', { members: story.members(change), cut: null })
			expect(await story.rotate('charlie', 2, base).problem()).toBe(problem)
		}
	})
})
