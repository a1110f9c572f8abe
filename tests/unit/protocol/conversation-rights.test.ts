import { describe, expect, test } from 'vitest'
import { rightsOf, rightsOver, type Rights } from '#protocol/conversation-rights.ts'
import { groupPolicy, groupStory, type GroupStory } from '../../support/group-story.ts'

const people = ['alice', 'bob', 'charlie', 'dora'] as const

const all = ['add', 'link', 'rename', 'policy', 'archive', 'restore', 'leave'] as const
const given = (rights: Rights) => all.filter((one) => rights[one])

async function rightsIn(story: GroupStory) {
	const state = await story.state()
	return Object.fromEntries(people.map((name) => [name, given(rightsOf(state, story.idOf(name)))]))
}

async function over(story: GroupStory, by: string, whom: string) {
	const { remove, roles } = rightsOver(await story.state(), story.idOf(by), story.idOf(whom))
	return [remove, ...roles]
}

describe('what somebody may do in a group is what its log would take from him', () => {
	test('[C2] by role: owner, admin, member, reader', async () => {
		const many = ['add', 'link', 'rename', 'policy', 'archive']
		expect(await rightsIn(await groupStory())).toEqual({
			alice: many,
			bob: [...many, 'leave'],
			charlie: ['leave'],
			dora: ['leave'],
		})
	})

	test('[C2] by policy: members who invite, nobody who invites, and no links where history is not shared', async () => {
		const ofMembers = await rightsIn(await groupStory({ policy: { invite: 'members' } }))
		expect(ofMembers['charlie']).toEqual(['add', 'link', 'leave'])
		expect(ofMembers['dora']).toEqual(['leave'])
		const ofNobody = await rightsIn(await groupStory({ policy: { invite: 'nobody' } }))
		expect(ofNobody['alice']).toEqual(['rename', 'policy', 'archive'])
		const fromJoin = await rightsIn(await groupStory({ policy: { history: 'from-join' } }))
		expect(fromJoin['alice']).toEqual(['add', 'rename', 'policy', 'archive'])
	})

	test('[C2] an archived one is restored or left, and nothing else', async () => {
		const story = await groupStory()
		story.write('bob', 'archive', {})
		expect(await rightsIn(story)).toEqual({
			alice: ['restore'],
			bob: ['restore', 'leave'],
			charlie: ['leave'],
			dora: ['leave'],
		})
		expect(await over(story, 'alice', 'charlie')).toEqual([true])
	})

	test('[C2] the last owner leaves once there is another, or alone', async () => {
		const alone = await groupStory({}, { alice: 'owner' })
		expect(rightsOf(await alone.state(), alone.idOf('alice')).leave).toBe(true)
		const two = await groupStory({}, { alice: 'owner', bob: 'owner' })
		expect(rightsOf(await two.state(), two.idOf('alice')).leave).toBe(true)
	})

	test('[C2] over others: owners over all, admins over admins and below, the rest over nobody', async () => {
		const story = await groupStory()
		expect(await over(story, 'alice', 'bob')).toEqual([true, 'owner', 'member', 'reader'])
		expect(await over(story, 'alice', 'dora')).toEqual([true, 'owner', 'admin', 'member'])
		expect(await over(story, 'bob', 'alice')).toEqual([false])
		expect(await over(story, 'bob', 'charlie')).toEqual([true, 'admin', 'reader'])
		for (const by of ['charlie', 'dora']) expect(await over(story, by, 'bob')).toEqual([false])
		expect(await over(story, 'alice', 'alice')).toEqual([false])
		expect(await over(story, 'alice', 'nobody')).toEqual([false])
	})

	test('[C2] who is no member may do nothing', async () => {
		const story = await groupStory()
		expect(given(rightsOf(await story.state(), story.idOf('stranger')))).toEqual([])
		story.write('alice', 'policy', { policy: { ...groupPolicy, invite: 'members' } })
		expect(given(rightsOf(await story.state(), story.idOf('stranger')))).toEqual([])
	})
})
