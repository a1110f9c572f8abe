import { expect, it } from 'vitest'
import { mentionsIn } from '#core/mentions.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { mentionsMax } from '#protocol/plaintext.ts'

const id = (n: number) => new Uint8Array(32).fill(n) as Bytes
const people = [
	{ name: 'bob', idHash: id(2) },
	{ name: 'alice', idHash: id(1) },
	{ name: 'a.b_c-', idHash: id(3) },
	{ name: '', idHash: id(9) },
]
const named = (text: string) => mentionsIn(text, people).map(([first]) => first)

it.each([
	['@bob', [2]],
	['hello @Bob!', [2]],
	['@bob and @alice, @bob again', [1, 2]],
	['(@bob)', [2]],
	['see @bob.', [2]],
	['@a.b_c- is a name', [3]],
	['@bob-builder', []],
	['mail bob@alice or x@bob.example', []],
	['https://example.org/@bob', []],
	['@', []],
	['@nobody', []],
	['bob', []],
])('in %o mentions %o', (text, ids) => {
	expect(named(text)).toEqual(ids)
})

it('names no more than a message may carry', () => {
	const many = Array.from({ length: mentionsMax + 4 }, (_, i) => {
		const idHash = id(0)
		idHash[30] = i >> 8
		idHash[31] = i & 255
		return { name: `p${i}`, idHash }
	})
	const ids = mentionsIn(many.map(({ name }) => `@${name}`).join(' '), many)
	expect(ids).toHaveLength(mentionsMax)
})
