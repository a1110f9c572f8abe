import { expect, test } from 'vitest'
import { readersNotes, readersWords } from '#ui/messages/readers.ts'
import type { ReadersView } from '#ui/state/views.ts'

const past = { people: [], devicesOf: 0 }
const nameOf = (account: string) => (account === 'bob' ? 'Bob' : '?')
const line = (who: ReadersView['who'], guests: boolean | null = false) =>
	readersWords({ who, past }, { nameOf, guests })

test('[C6] who can read this is one exact line', () => {
	expect(line({ type: 'only-you' })).toBe('Only you can read this')
	expect(line({ type: 'pair', other: 'bob' })).toBe('Only you and Bob can read this')
	expect(line({ type: 'members', people: [...'abcdefg'], links: 0, joiners: 'see-earlier' })).toBe(
		'7 members can read this; people who join see earlier messages',
	)
	expect(line({ type: 'members', people: ['me'], links: 0, joiners: 'see-later' })).toBe(
		'1 member can read this; people who join see what comes after',
	)
	expect(line({ type: 'server', people: [] })).toBe('Anyone on this server can read this room, the operator too')
	for (const guests of [true, null])
		expect(line({ type: 'server', people: [] }, guests)).toBe(
			'Anyone who reaches this server can read this room, without an account too, and so can the operator',
		)
})

test('[C6] who keeps the key in use is said until there is a new one', () => {
	const who = { type: 'pair', other: 'bob' } as const
	expect(readersNotes({ who, past })).toEqual([])
	expect(readersNotes({ who, past: { people: ['carol', 'dora'], devicesOf: 0 } })).toHaveLength(1)
	expect(readersNotes({ who, past: { people: ['carol'], devicesOf: 1 } })).toHaveLength(2)
})

test('[C6] links that let people in are said, and who has them is nobody we could name', () => {
	const who = { type: 'members', people: ['me', 'bob'], links: 1, joiners: 'see-later' } as const
	expect(readersNotes({ who, past })).toEqual(['Whoever has its link can join and read'])
	expect(readersNotes({ who: { ...who, links: 3 }, past })).toEqual([
		'Whoever has one of its 3 links can join and read',
	])
})
