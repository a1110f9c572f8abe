import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { contrast, laidOver, tokensOf } from './contrast.ts'

const css = readFileSync('src/lib/ui/styles/tokens.css', 'utf8')
const light = tokensOf(css, ':root')
const dark = { ...light, ...tokensOf(css, '.dark') }

/** Text on ground: WCAG AA asks 4.5. */
const textPairs = [
	['text', 'ground'],
	['text', 'surface'],
	['text', 'sunken'],
	['text', 'raised'],
	['text', 'hover'],
	['text', 'selected'],
	['text', 'other'],
	['muted', 'ground'],
	['muted', 'surface'],
	['muted', 'sunken'],
	['muted', 'raised'],
	['muted', 'hover'],
	['muted', 'selected'],
	['muted', 'other'],
	['on-own', 'own'],
	['mention', 'own'],
	['mention', 'other'],
	['mention', 'mention-ground'],
	['own-muted', 'own'],
	['on-accent', 'accent'],
	['on-accent', 'accent-hover'],
	['accent-text', 'ground'],
	['accent-text', 'surface'],
	['accent-text', 'sunken'],
	['accent-text', 'accent-soft'],
	['accent-text', 'selected'],
	['text', 'accent-soft'],
	['danger', 'ground'],
	['danger', 'surface'],
	['danger', 'danger-soft'],
	['text', 'danger-soft'],
	['muted', 'danger-soft'],
	['on-danger', 'danger'],
	['waiting', 'ground'],
	['waiting', 'surface'],
	['waiting', 'waiting-soft'],
	['text', 'waiting-soft'],
	['good', 'surface'],
	['good', 'good-soft'],
] as const

/** What tells where a control is: WCAG AA asks 3. */
const shapePairs = [
	['accent', 'ground'],
	['accent', 'surface'],
	['danger', 'surface'],
] as const

/** The ground of a block of code is its text, thinly over the bubble. */
const block = /:global\(pre\) \{[^}]*l c h \/ ([\d.]+)\)/
const blockAlpha = Number(
	block.exec(readFileSync('src/lib/ui/components/conversation/MarkdownText.svelte', 'utf8'))?.[1],
)

describe.each([
	['light', light],
	['dark', dark],
])('%s', (_, tokens) => {
	test.each(textPairs)('%s on %s can be read', (ink, ground) => {
		expect(contrast(tokens[ink]!, tokens[ground]!)).toBeGreaterThanOrEqual(4.5)
	})

	test.each(shapePairs)('%s on %s can be seen', (ink, ground) => {
		expect(contrast(tokens[ink]!, tokens[ground]!)).toBeGreaterThanOrEqual(3)
	})

	test('names of authors can be read on their bubbles, in every hue', () => {
		for (let hue = 0; hue < 360; hue += 5) {
			const ink = `${tokens['author-ink']!} ${hue}`
			for (const ground of ['other', 'surface'])
				expect(contrast(ink, tokens[ground]!), `hue ${hue}`).toBeGreaterThanOrEqual(4.5)
		}
	})

	test('code can be read in its colours, in every bubble', () => {
		const inks = Object.keys(tokens).filter((name) => name.startsWith('code-'))
		expect(inks).toHaveLength(5)
		for (const ink of inks) {
			for (const [text, bubble] of [
				['on-own', 'own'],
				['text', 'other'],
			] as const) {
				const ground = laidOver(tokens[text]!, blockAlpha, tokens[bubble]!)
				expect(contrast(tokens[ink]!, ground), `${ink} in ${bubble}`).toBeGreaterThanOrEqual(4.5)
			}
		}
	})

	test('initials can be read on every avatar', () => {
		for (let hue = 0; hue < 360; hue += 5) {
			const ink = `${tokens['avatar-ink']!} ${hue}`
			for (const ground of [`${tokens['avatar-from']!} ${hue}`, `${tokens['avatar-to']!} ${hue + 28}`]) {
				expect(contrast(ink, ground), `hue ${hue}`).toBeGreaterThanOrEqual(4.5)
			}
		}
	})
})
