import { describe, expect, test } from 'vitest'
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { ConversationEntryType } from '#protocol/conversation-log.ts'
import { isArchivedAt, linksAtBase } from '#protocol/conversation-lookups.ts'
import { actor, bytesOf, epochOf, hour, startOfStory } from '../../support/log-actors.ts'
import { groupPolicy, groupStory, type GroupStory } from '../../support/group-story.ts'

const linked = async (change: Parameters<GroupStory['link']>[2] = {}) => (await groupStory()).link('bob', 1, change)

describe('links', () => {
	test('[CNV21] who may invite makes links, for members and readers', async () => {
		const verdicts = []
		for (const by of ['alice', 'bob', 'charlie', 'dora'])
			verdicts.push(await (await groupStory()).link(by, 1).problem())
		expect(verdicts).toEqual([null, null, 'CNV21', 'CNV21'])
		for (const role of ['owner', 'admin'] as const) expect(await (await linked({ role })).problem()).toBe('CNV21')
		expect(await (await linked({ role: 'reader' })).problem()).toBeNull()
	})

	test('[CNV25] there are links only where history is shared', async () => {
		const change = { policy: { history: 'from-join' } } as const
		expect(await (await groupStory(change)).link('bob', 1).problem()).toBe('CNV25')
		const story = await linked()
		story.write('alice', 'policy', { policy: { ...groupPolicy, history: 'from-join' } })
		expect((await story.state()).links.size).toBe(0)
		expect(await (await groupStory({ kind: 'room-open', ...change })).problem()).toBe('CNV25')
		const open = await groupStory({ kind: 'room-open' })
		open.write('alice', 'policy', { policy: { ...groupPolicy, history: 'from-join' } })
		expect(await open.problem()).toBe('CNV25')
	})

	test('[CNV31] a link has a key of its own and is for the newest epoch', async () => {
		expect(await (await linked()).link('alice', 1).problem()).toBe('CNV31')
		expect(await (await groupStory()).link('alice', 2).problem()).toBe('CNV31')
		const ended = await linked()
		ended.write('bob', 'linkEnd', { links: [ended.linkId] }).link('bob', 1)
		expect(await ended.problem()).toBe('CNV31')
		const many = await groupStory()
		for (let i = 0; i < 65; i++) many.link('alice', 1, { signingKey: actor(`link ${i}`).signingKey })
		expect(await many.problem()).toBe('CNV31')
	})

	test('[CNV32] a link is ended by an admin, or by who made it', async () => {
		const ended = async (by: string) => {
			const story = await groupStory({ policy: { invite: 'members' } })
			story.link('charlie', 1)
			return story.write(by, 'linkEnd', { links: [story.linkId] }).problem()
		}
		expect(await Promise.all(['alice', 'bob', 'charlie', 'dora'].map(ended))).toEqual([null, null, null, 'CNV32'])
		const other = await groupStory({ policy: { invite: 'members' } })
		other.link('alice', 1).write('charlie', 'linkEnd', { links: [other.linkId] })
		expect(await other.problem()).toBe('CNV32')
	})

	test('[CNV20] a box of the newest epoch is due to each link that lived at its base', async () => {
		const story = await groupStory()
		const base = story.log.based(story.person('alice'))
		story.link('bob', 1)
		const id = bytesToBase64url(story.linkId)
		story.rotate('alice', 2, base)
		expect(linksAtBase(await story.state())).toEqual([])
		story.rotate('alice', 3)
		expect(linksAtBase(await story.state())).toEqual([id])
	})
})

describe('join', () => {
	test('[CNV26] by a link that lives, with its role, and no other way', async () => {
		const story = await (await linked({ role: 'reader' })).join('eve', 1)
		expect(await story.problem()).toBeNull()
		expect(await story.role('eve')).toBe('reader')
		expect(await (await (await groupStory()).join('eve', 1)).problem()).toBe('CNV26')
		expect(await (await (await linked()).join('charlie', 1)).problem()).toBe('CNV26')
	})

	test('[CNV26] not when it is ended, used up or expired', async () => {
		const ended = await linked()
		ended.write('alice', 'linkEnd', { links: [ended.linkId] })
		expect(await (await ended.join('eve', 1)).problem()).toBe('CNV26')
		const once = await (await linked({ uses: 1 })).join('eve', 1)
		expect(await once.problem()).toBeNull()
		expect(await (await once.join('frank', 1)).problem()).toBe('CNV26')
		// Entries come an hour after each other: the join is at three hours.
		expect(await (await (await linked({ expires: startOfStory + 3 * hour })).join('eve', 1)).problem()).toBe('CNV26')
		expect(await (await (await linked({ expires: startOfStory + 4 * hour })).join('eve', 1)).problem()).toBeNull()
	})

	test('[CNV26] who was removed comes back only by an add', async () => {
		const story = (await linked()).remove('alice', ['charlie'], 2)
		story.link('alice', 2, { signingKey: actor('another').signingKey })
		await story.join('charlie', 2, { link: await idOfOnly(story) })
		expect(await story.problem()).toBe('CNV26')
		const added = (await linked()).remove('alice', ['charlie'], 2)
		expect(await (await added.add('bob', { charlie: 'member' }, 2)).problem()).toBeNull()
		added.write('charlie', 'leave', { cut: bytesOf('cut') })
		added.link('alice', 2, { signingKey: actor('another').signingKey })
		expect((await added.state()).removed.size).toBe(0)
	})

	test('[CNV26] on its base, with the newest epoch there, and the joiner alone in acc', async () => {
		expect(await (await (await linked()).join('eve', 2)).problem()).toBe('CNV26')
		const two = await linked()
		expect(await (await two.join('eve', 1, { acc: await two.refs('eve', 'bob') })).problem()).toBe('CNV26')
		const late = await linked()
		const base = late.log.based(late.person('eve'))
		late.rotate('alice', 2)
		expect(await (await late.join('eve', 1, base)).problem()).toBeNull()
	})

	test('[CNV27] a join is signed by the key of the link', async () => {
		const story = await (await linked()).join('eve', 1)
		const join = story.log.entries.at(-1)!
		story.log.entries[story.log.entries.length - 1] = { ...join, signatures: join.signatures.slice(0, 1) }
		expect(await story.problem()).toBe('wrong-signers')
	})
})

async function idOfOnly(story: GroupStory) {
	const [id] = (await story.state()).links.keys()
	return Buffer.from(id!, 'base64url') as unknown as GroupStory['linkId']
}

describe('archive', () => {
	const fields = {
		title: { n: 1, nonce: bytesOf('n', 12), ct: bytesOf('t') },
		policy: { policy: groupPolicy },
		archive: {},
		restore: {},
	} as const

	test('[CNV20] owners and admins name, set the policy, archive and restore', async () => {
		for (const type of ['title', 'policy', 'archive'] as const) {
			const verdicts = []
			for (const by of ['alice', 'bob', 'charlie', 'dora'])
				verdicts.push(await (await groupStory()).write(by, type, fields[type] as never).problem())
			expect([type, ...verdicts]).toEqual([type, null, null, 'CNV20', 'CNV20'])
		}
		const restored = async (by: string) =>
			(await groupStory()).write('alice', 'archive', {}).write(by, 'restore', {}).problem()
		expect(await Promise.all(['alice', 'bob', 'charlie', 'dora'].map(restored))).toEqual([null, null, 'CNV20', 'CNV20'])
	})

	test('[CNV33] a title is sealed under an epoch of the log, and the newest counts', async () => {
		for (const n of [0, 2])
			expect(await (await groupStory()).write('alice', 'title', { ...fields.title, n }).problem()).toBe('CNV33')
		const story = (await groupStory()).write('alice', 'title', fields.title)
		story.write('bob', 'title', { ...fields.title, ct: bytesOf('other') })
		expect((await story.state()).title).toMatchObject({ seq: 3, n: 1, ct: bytesOf('other') })
	})

	test('[CNV30] an archived conversation takes leave, remove, cut and restore alone', async () => {
		const archived = async () => (await linked()).write('alice', 'archive', {})
		const verdicts: Partial<Record<ConversationEntryType, string | null>> = {}
		const attempts: readonly [ConversationEntryType, (story: GroupStory) => unknown][] = [
			['add', (story) => story.add('alice', { eve: 'member' }, 1)],
			['join', (story) => story.join('eve', 1)],
			['rotate', (story) => story.rotate('alice', 2)],
			['link', (story) => story.link('alice', 1, { signingKey: actor('x').signingKey })],
			['linkEnd', (story) => story.write('alice', 'linkEnd', { links: [story.linkId] })],
			['policy', (story) => story.write('alice', 'policy', fields.policy)],
			['title', (story) => story.write('alice', 'title', fields.title)],
			['archive', (story) => story.write('alice', 'archive', {})],
			['role', (story) => story.write('alice', 'role', { members: story.members({ dora: 'member' }), cut: null })],
			['leave', (story) => story.write('charlie', 'leave', { cut: bytesOf('cut') })],
			['remove', (story) => story.remove('alice', ['charlie'], 2)],
			['restore', (story) => story.write('alice', 'restore', {})],
		]
		for (const [type, attempt] of attempts) {
			const story = await archived()
			await attempt(story)
			verdicts[type] = await story.problem()
		}
		const stopped = ['add', 'join', 'rotate', 'link', 'linkEnd', 'policy', 'title', 'archive', 'role']
		expect(verdicts).toEqual({
			...Object.fromEntries(stopped.map((type) => [type, 'CNV30'])),
			...{ leave: null, remove: null, restore: null },
		})
		expect(await (await groupStory()).write('alice', 'restore', {}).problem()).toBe('CNV30')
	})

	test('[CNV17] restored, it is as it was', async () => {
		const story = (await linked()).write('alice', 'archive', {}).write('bob', 'restore', {})
		await story.join('eve', 1)
		const state = await story.state()
		expect([2, 3, 4, 5].map((seq) => isArchivedAt(state, seq))).toEqual([false, true, false, false])
		expect(await story.role('eve')).toBe('member')
		expect(await story.rotate('alice', 2, { epoch: epochOf(2) }).problem()).toBeNull()
	})
})
