import { expect, test } from 'vitest'
import { logLineWords } from '#ui/messages/log-lines.ts'
import type { LogLineView } from '#ui/state/views.ts'

const speaker = { self: 'me', nameOf: (account: string) => account.toUpperCase() }
const said = (by: string, what: LogLineView['what']) => logLineWords({ key: '0', at: 0, by, what }, speaker)

test('[C2] what happened names who did it and to whom, and speaks to oneself', () => {
	expect(said('me', { type: 'added', people: ['bob'] })).toBe('You added BOB')
	expect(said('bob', { type: 'added', people: ['me'] })).toBe('BOB added you')
	expect(said('bob', { type: 'removed', people: ['carol', 'dora'] })).toBe('BOB removed CAROL and DORA')
	expect(said('bob', { type: 'role', role: 'admin', people: ['me', 'carol'] })).toBe('BOB made you and CAROL admin')
	expect(said('me', { type: 'joined', people: ['me'] })).toBe('You joined')
	expect(said('bob', { type: 'joined', people: ['bob', 'me'] })).toBe('BOB and you joined')
	expect(said('bob', { type: 'renamed', name: 'Hikers' })).toBe('BOB changed the name to “Hikers”')
})

test('[C2] of many at once some are named and the others counted', () => {
	const people = (count: number) => Array.from({ length: count }, (_, i) => `p${i}`)
	expect(said('p0', { type: 'joined', people: people(4) })).toBe('P0, P1, P2, and P3 joined')
	expect(said('p0', { type: 'joined', people: people(5) })).toBe('P0, P1, P2, and 2 others joined')
})

test('[C2] whatever happens is said in two ways, by others and by oneself', () => {
	const people = ['bob']
	const whats: readonly LogLineView['what'][] = [
		...(['created', 'topic', 'invite', 'knock', 'link', 'link-ended', 'archived', 'restored'] as const).map(
			(type) => ({ type }) as const,
		),
		{ type: 'stepped-down' },
		...(['added', 'left', 'removed'] as const).map((type) => ({ type, people }) as const),
		...(['owner', 'admin', 'member', 'reader'] as const).map((role) => ({ type: 'role', role, people }) as const),
		...[null, 'Hikers'].map((name) => ({ type: 'renamed', name }) as const),
		...(['shared', 'from-join'] as const).map((history) => ({ type: 'history', history }) as const),
	]
	const all = whats.flatMap((what) => [said('me', what), said('dora', what)])
	expect(new Set(all).size).toBe(2 * whats.length)
	for (const words of all) expect(words).toMatch(/^(You|DORA) /)
})
