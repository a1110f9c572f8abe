import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { findEmoji, toEmoji } from '#ui/state/emoji.ts'

const data = createRequire(import.meta.url).resolve('emoji-picker-element-data/en/cldr-native/data.json')

test('emoji are found by the beginnings of their words, the named before the tagged', () => {
	const all = toEmoji(JSON.parse(readFileSync(data, 'utf8')) as Parameters<typeof toEmoji>[0])
	expect(all.length).toBeGreaterThan(1_500)
	expect(findEmoji(all, 'wavi ha').map(({ emoji }) => emoji)).toContain('👋')
	expect(findEmoji(all, 'ferry')[0]?.emoji).toBe('⛴️')
	expect(findEmoji(all, 'nothing of the kind')).toEqual([])
	expect(new Set(all.map(({ emoji }) => emoji)).size).toBe(all.length)
})
