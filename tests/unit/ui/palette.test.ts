import { describe, expect, test } from 'vitest'
import { paletteMatches, paletteMove, type PaletteItem } from '#ui/state/palette.ts'

const item = (group: PaletteItem['group'], label: string, also = ''): PaletteItem => ({
	...{ id: label, group, label, also },
	run: () => undefined,
})
const labels = (items: readonly PaletteItem[], query: string) => paletteMatches(items, query).map(({ label }) => label)

describe('the palette', () => {
	const items = [
		item('actions', 'Settings: Storage', 'What this browser keeps'),
		item('actions', 'Add a friend', 'invite QR'),
		item('people', 'Samira', 'sam'),
		item('chats', 'Tess Samson'),
		item('chats', 'Sam', 'sam.whitfield'),
	]

	test('finds by the beginning of any word, conversations first, and first what begins so', () => {
		expect(labels(items, 'sam')).toEqual(['Sam', 'Tess Samson', 'Samira'])
		expect(labels(items, 'whit')).toEqual(['Sam'])
		expect(labels(items, 'qr')).toEqual(['Add a friend'])
		expect(labels(items, 'sto set')).toEqual(['Settings: Storage'])
		expect(labels(items, 'nothing of it')).toEqual([])
	})

	test('shows few rows before anything is typed, and never all of a long list', () => {
		const many = Array.from({ length: 40 }, (_, index) => item('chats', `Friend ${index}`))
		expect(labels(many, '')).toHaveLength(5)
		expect(labels(many, 'friend')).toHaveLength(6)
		expect(labels([...many, item('people', 'Samira')], '')).not.toContain('Samira')
	})

	test('moves with the arrows, around the ends', () => {
		expect(paletteMove('ArrowDown', 0, 3)).toBe(1)
		expect(paletteMove('ArrowDown', 2, 3)).toBe(0)
		expect(paletteMove('ArrowUp', 0, 3)).toBe(2)
		expect(paletteMove('PageDown', 0, 3)).toBe(2)
		expect(paletteMove('a', 0, 3)).toBeNull()
		expect(paletteMove('ArrowDown', 0, 0)).toBeNull()
	})
})
