import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linkify } from '#ui/state/linkify.ts'

const links = (text: string) => linkify(text).flatMap((segment) => (segment.type === 'link' ? [segment.text] : []))

describe('links in a text', () => {
	test.each([
		['see https://kith.example/a?b=c#d for more', ['https://kith.example/a?b=c#d']],
		['at the end: https://kith.example/path.', ['https://kith.example/path']],
		['(https://kith.example/in) brackets', ['https://kith.example/in']],
		['https://en.wikipedia.org/wiki/Kith_(Poem)', ['https://en.wikipedia.org/wiki/Kith_(Poem)']],
		['“https://kith.example”', ['https://kith.example']],
		['two http://a.example and https://b.example!', ['http://a.example', 'https://b.example']],
		['HTTPS://KITH.EXAMPLE shouts', ['HTTPS://KITH.EXAMPLE']],
	])('%s', (text, expected) => {
		expect(links(text)).toEqual(expected)
	})

	test.each([
		'javascript:alert(1)',
		'data:text/html,<script>alert(1)</script>',
		'file:///etc/passwd',
		'ftp://kith.example',
		'https://',
		'https://bank.example@evil.example/',
		'https://user:secret@evil.example/',
	])('none in %s', (text) => {
		expect(links(text)).toEqual([])
	})

	test('end before characters that turn the direction of what is read', () => {
		expect(links('https://kith.example/\u202egnp.exe')).toEqual(['https://kith.example/'])
	})

	test('a hostile tag stays text, character by character', () => {
		const text = '<img src=x onerror="alert(1)"> https://kith.example/"><script>'
		expect(
			linkify(text)
				.map((segment) => segment.text)
				.join(''),
		).toBe(text)
		expect(links(text)).toEqual(['https://kith.example/'])
	})

	test('no character is lost or added, and only http and https are linked', () => {
		const parts = fc.array(fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom('https://', ').', '@', '\n')), {
			maxLength: 8,
		})
		fc.assert(
			fc.property(parts, (pieces) => {
				const text = pieces.join('')
				const segments = linkify(text)
				expect(segments.map((segment) => segment.text).join('')).toBe(text)
				for (const segment of segments) if (segment.type === 'link') expect(segment.href).toMatch(/^https?:\/\//)
			}),
		)
	})
})
