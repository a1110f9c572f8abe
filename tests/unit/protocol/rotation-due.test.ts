import { expect, test } from 'vitest'
import { EPOCH_DUE_AFTER, EPOCH_DUE_EVENTS } from '#protocol/limits.ts'
import { isKeyNamed, rotationDue, type DueFacts } from '#protocol/rotation-due.ts'
import { bytesOf } from '../../support/log-actors.ts'
import { groupStory, type GroupStory } from '../../support/group-story.ts'

async function due(
	change: Partial<DueFacts> = {},
	write: (story: GroupStory) => unknown = () => {},
): Promise<string | null> {
	const story = await groupStory()
	await write(story)
	const state = await story.state()
	const now = state.epochs.at(-1)?.time ?? 0
	return rotationDue(state, { now, newestKey: () => 0, events: 0, ...change })
}

test('[EPO11] a key is due when it is old, or was used enough, and not before', async () => {
	const state = await (await groupStory()).state()
	const made = state.epochs[0]?.time ?? 0
	expect(await due({ now: made + EPOCH_DUE_AFTER })).toBe(null)
	expect(await due({ now: made + EPOCH_DUE_AFTER + 1 })).toBe('age')
	expect(await due({ events: EPOCH_DUE_EVENTS - 1 })).toBe(null)
	expect(await due({ events: EPOCH_DUE_EVENTS })).toBe('events')
	expect(await due({ events: 12, eventsMax: 12 })).toBe('events')
})

test('[EPO11] or when somebody holds it who should not, or has a newer key than it was sealed to', async () => {
	expect(await due({}, (story) => story.write('charlie', 'leave', { cut: bytesOf('cut') }))).toBe('left')
	expect(await due({ newestKey: () => 1 })).toBe('rekeyed')
	expect(await due({}, (story) => story.remove('bob', ['charlie'], 2))).toBe(null)
})

test('[EPO11] nothing is due while nothing may be written', async () => {
	expect(await due({ events: EPOCH_DUE_EVENTS }, (story) => story.write('alice', 'archive', {}))).toBe(null)
})

test('[EPO11] a member whose newest key the log does not name is told so', async () => {
	const story = await groupStory()
	const state = await story.state()
	expect([0, 1].map((g) => isKeyNamed(state, story.idOf('charlie'), g))).toEqual([true, false])
})
