import { describe, expect, test } from 'vitest'
import { byteWords } from '#ui/messages/sizes.ts'
import { connectionWords } from '#ui/messages/connection.ts'
import { directWords } from '#ui/messages/direct-connection.ts'
import { avatarHue, initials } from '#ui/primitives/avatar.ts'
import { matches } from '#ui/state/search.ts'
import { neighbour, shortcutFor, type Key } from '#ui/state/shortcuts.ts'

describe('the filter above a list', () => {
	test.each([
		['', 'Bob Lindqvist', true],
		['bob', 'Bob Lindqvist', true],
		['lin bo', 'Bob Lindqvist', true],
		['indq', 'Bob Lindqvist', false],
		['zoe', 'Zoë', true],
		['lukasz soren', 'Łukasz Søren', true],
		['STRASSE', 'Straße', true],
		['Zoë', 'zoe', true],
		['نور', 'نور الهدى', true],
		['@bo', 'Bob', true],
	])('%s finds %s: %s', (query, name, found) => {
		expect(matches(query, name)).toBe(found)
	})

	test('takes the words from all names together', () => {
		expect(matches('bob lake', 'Bob', 'lake.man')).toBe(true)
	})
})

describe('generated avatars', () => {
	test('show one or two letters in every script', () => {
		expect(initials('Bob')).toBe('B')
		expect(initials('Tess van der Meer')).toBe('TM')
		expect(initials('mia.okafor')).toBe('MO')
		expect(initials('نور الهدى')).toBe('نا')
		expect(initials('愛子')).toBe('愛')
		expect(initials('🌊 Sea')).toBe('S')
		expect(initials('🌊')).toBe('?')
	})

	test('keep the colour of an account and spread over the wheel', () => {
		expect(avatarHue('abc')).toBe(avatarHue('abc'))
		const hues = new Set(Array.from({ length: 200 }, (_, index) => Math.floor(avatarHue(`account ${index}`) / 30)))
		expect(hues.size).toBe(12)
	})
})

describe('shortcuts', () => {
	const press = (key: string, more: Partial<Key> = {}): Key => ({
		key,
		altKey: false,
		ctrlKey: false,
		metaKey: false,
		typing: false,
		...more,
	})

	test('open the palette with Ctrl or Cmd and K, while typing too, and whatever is switched off', () => {
		expect(shortcutFor(press('k', { ctrlKey: true, typing: true }), false, false).action).toBe('palette')
		expect(shortcutFor(press('K', { metaKey: true }), true, true).action).toBe('palette')
		expect(shortcutFor(press('k'), false, true).action).toBeNull()
		expect(shortcutFor(press('k', { ctrlKey: true, altKey: true }), false, true).action).toBeNull()
	})

	test('of one key work outside of text, and can be switched off', () => {
		expect(shortcutFor(press('/'), false, true).action).toBe('search')
		expect(shortcutFor(press('?'), false, true).action).toBe('keys')
		expect(shortcutFor(press('/', { typing: true }), false, true).action).toBeNull()
		expect(shortcutFor(press('/'), false, false).action).toBeNull()
	})

	test('of two keys need both, one after the other', () => {
		const first = shortcutFor(press('g'), false, true)
		expect(first).toEqual({ action: null, leader: true })
		expect(shortcutFor(press('f'), first.leader, true)).toEqual({ action: 'friends', leader: false })
		expect(shortcutFor(press('r'), first.leader, true)).toEqual({ action: 'rooms', leader: false })
		expect(shortcutFor(press('x'), true, true)).toEqual({ action: null, leader: false })
		expect(shortcutFor(press('f'), false, true).action).toBeNull()
	})

	test('with Alt work while typing too, and never take what belongs to the system', () => {
		expect(shortcutFor(press('ArrowDown', { altKey: true, typing: true }), false, false).action).toBe('next')
		expect(shortcutFor(press('ArrowUp', { altKey: true, metaKey: true }), false, true).action).toBeNull()
		expect(shortcutFor(press('c', { ctrlKey: true }), true, true).action).toBeNull()
	})

	test('walk the list and stop at its ends', () => {
		expect(neighbour(['a', 'b', 'c'], 'b', 1)).toBe('c')
		expect(neighbour(['a', 'b', 'c'], 'c', 1)).toBeNull()
		expect(neighbour(['a', 'b', 'c'], null, 1)).toBe('a')
		expect(neighbour(['a', 'b', 'c'], null, -1)).toBe('c')
		expect(neighbour([], null, 1)).toBeNull()
	})
})

describe('the line about the connection', () => {
	test('is there only when there is something to say', () => {
		expect(connectionWords({ type: 'online', waiting: 2, peers: 0 })).toBeNull()
		expect(connectionWords({ type: 'offline', waiting: 3, peers: 0 })).toBe('Offline. 3 messages wait to be sent.')
		expect(connectionWords({ type: 'offline', waiting: 1, peers: 0 })).toBe('Offline. 1 message waits to be sent.')
		expect(connectionWords({ type: 'offline', waiting: 0, peers: 0 })).toBe('Offline.')
		expect(connectionWords({ type: 'connecting', waiting: 0, peers: 0 })).toBe('Connecting…')
	})

	test('says without a server with how many devices this one talks, and what waits all the same', () => {
		expect(directWords({ peers: 1, waiting: 0 })).toBe('No server. Talking directly with 1 device.')
		expect(directWords({ peers: 2, waiting: 0 })).toBe('No server. Talking directly with 2 devices.')
		expect(directWords({ peers: 2, waiting: 1 })).toBe(
			'No server. Talking directly with 2 devices; 1 message waits to be sent.',
		)
	})
})

describe('sizes', () => {
	test('are rounded to what a person compares', () => {
		expect(byteWords(0, 'en')).toBe('0 byte')
		expect(byteWords(1_500_000, 'en')).toBe('1.5 MB')
		expect(byteWords(11_250_000_000, 'en')).toBe('11 GB')
	})
})
