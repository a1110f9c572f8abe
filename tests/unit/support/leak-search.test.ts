import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { filesIn, findLeaks, spellingsOf } from '../../support/leak-search.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const text = 'Größe zählt: canary ✓ 4711'
const utf8 = Buffer.from(text)
const random = seededRandom('leaks')
const noise = (length: number) => Buffer.from(random(length))

/** As a program would write it, with other bytes around: nothing here is taken from the code under test. */
const planted: Readonly<Record<string, (before: number) => Buffer>> = {
	plain: () => utf8,
	'UTF-16LE': () => Buffer.from(text, 'utf16le'),
	'UTF-16BE': () => Buffer.from([...Buffer.from(text, 'utf16le')].map((_, i, all) => all[i ^ 1] as number)),
	hex: () => Buffer.from(utf8.toString('hex')),
	HEX: () => Buffer.from(utf8.toString('hex').toUpperCase()),
}

function inBase64(before: number, encoding: 'base64' | 'base64url'): Buffer {
	return Buffer.from(Buffer.concat([noise(before), utf8, noise(5)]).toString(encoding))
}

describe('a planted canary is found', () => {
	for (const [spelling, write] of Object.entries(planted)) {
		test.for([0, 1, 2, 3])(`in ${spelling}, with %i bytes before it`, (before) => {
			const bytes = Buffer.concat([noise(before), write(before), noise(9)])
			const found = findLeaks([{ name: 'canary', value: text }], [{ name: 'file', bytes }])
			expect(found).toContainEqual({ secret: 'canary', spelling, place: 'file', offset: before })
		})
	}

	for (const encoding of ['base64', 'base64url'] as const) {
		test.for([0, 1, 2, 3, 4, 5, 30, 31, 32])(`in ${encoding}, with %i bytes before it in the group`, (before) => {
			const found = findLeaks([{ name: 'canary', value: text }], [{ name: 'body', bytes: inBase64(before, encoding) }])
			expect(found.map(({ spelling }) => spelling)).toContain(`${encoding}+${before % 3}`)
		})
	}

	test('as raw bytes, for a token that is kept decoded', () => {
		const token = noise(32)
		const bytes = Buffer.concat([noise(100), token, noise(100)])
		expect(findLeaks([{ name: 'token', value: token }], [{ name: 'row', bytes }])).toEqual([
			{ secret: 'token', spelling: 'plain', place: 'row', offset: 100 },
		])
	})
})

test('nothing is found in noise, and base64 needs no padding to be found at an end', () => {
	expect(findLeaks([{ name: 'canary', value: text }], [{ name: 'noise', bytes: noise(200_000) }])).toEqual([])
	const atEnd = Buffer.from(utf8.toString('base64url'))
	expect(findLeaks([{ name: 'canary', value: text }], [{ name: 'end', bytes: atEnd }]).length).toBeGreaterThan(0)
})

test('a secret too short to search for is refused', () => {
	expect(() => spellingsOf('abc')).toThrow('3 bytes')
})

test('files are searched in all folders, but not those that are skipped', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'kith-leaks-'))
	onTestFinished(() => rm(folder, { recursive: true }))
	await mkdir(join(folder, 'blobs'))
	await writeFile(join(folder, 'blobs/one'), Buffer.concat([noise(10), utf8]))
	await writeFile(join(folder, 'secrets.json'), text)
	const files = await filesIn(folder, (path) => path === 'secrets.json')
	expect(files.map(({ name }) => name)).toEqual(['blobs/one'])
	expect(findLeaks([{ name: 'canary', value: text }], files).map(({ place }) => place)).toEqual(['blobs/one'])
})
