/** Every word on screen comes from the catalogue, and every word of the catalogue is on some screen. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'svelte/compiler'
import { expect, test } from 'vitest'

const folders = ['src/lib/ui', 'src/routes']
const files = folders
	.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)))
	.filter((path) => /\.(svelte|ts)$/.test(path) && !path.includes('generated'))
	.map((path) => ({ path, text: readFileSync(path, 'utf8') }))

/** Attributes that somebody reads or hears. */
const spoken = new Set([
	'aria-label',
	'aria-description',
	'aria-roledescription',
	'title',
	'alt',
	'placeholder',
	'label',
	'text',
	'hint',
])

interface Node {
	readonly type: string
	readonly name?: string
	readonly data?: string
	readonly value?: unknown
}

function isNode(value: unknown): value is Node {
	return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

/** Text between tags, and text given to attributes that are read. */
function literals(value: unknown, spokenHere = true): string[] {
	if (Array.isArray(value)) return value.flatMap((one) => literals(one, spokenHere))
	if (!isNode(value)) return []
	if (value.type === 'Text') return spokenHere && /\p{L}/u.test(value.data ?? '') ? [(value.data ?? '').trim()] : []
	const isAttribute = value.type === 'Attribute' || value.type.endsWith('Directive')
	const inAttribute = isAttribute ? spoken.has(value.name ?? '') : spokenHere
	return Object.entries(value).flatMap(([key, child]) =>
		key === 'css' || key === 'instance' || key === 'module' ? [] : literals(child, inAttribute),
	)
}

test.each(files.filter(({ path }) => path.endsWith('.svelte')))(
	'$path takes its words from the catalogue',
	({ text }) => {
		expect(literals(parse(text, { modern: true }).fragment)).toEqual([])
	},
)

test('every message is used', () => {
	const code = files.map(({ text }) => text).join('\n')
	const used = new Set([...code.matchAll(/\bm\.([a-z0-9_]+)/g)].map((match) => match[1]))
	const keys = Object.keys(JSON.parse(readFileSync('src/lib/ui/messages/en.json', 'utf8')) as object)
	expect(keys.filter((key) => key !== '$schema' && !used.has(key))).toEqual([])
})
