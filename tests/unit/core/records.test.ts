import { expect, it } from 'vitest'
import { createRecords } from '#core/records.ts'
import { bytesToUtf8, type Bytes } from '#protocol/bytes.ts'
import { fixed, struct, text, versioned } from '#protocol/codec.ts'
import { corePeople } from '../../support/core-people.ts'
import { memoryDevice } from '../../support/core-client.ts'

const note = versioned(1, struct({ text: text(100) }))
const later = versioned(2, struct({ text: text(100), id: fixed(2) }))
const at = (key: string) => ({ store: 'settings', key }) as const

async function setup() {
	const device = await memoryDevice(await corePeople('records'))
	const storage = await device.open()
	return { device, storage, records: createRecords(storage, device.wrap) }
}

it('keeps values sealed: what lies on disk says nothing', async () => {
	const { records, storage } = await setup()
	await records.put(note, at('a'), { text: 'the secret' })
	expect(await records.get(note, at('a'))).toEqual({ text: 'the secret' })
	const [row] = await storage.transaction('read', ['settings'], (tx) => tx.range('settings'))
	expect(Buffer.from(row?.bytes as Bytes).includes('secret')).toBe(false)
	expect(() => bytesToUtf8(row?.bytes as Bytes)).toThrow()
})

it('opens no row that was moved, damaged, or written by another version', async () => {
	const { records, storage } = await setup()
	await records.put(note, at('a'), { text: 'one' })
	await records.put(later, at('new'), { text: 'two', id: new Uint8Array(2) as Bytes })
	await storage.transaction('write', ['settings', 'drafts'], async (tx) => {
		const bytes = (await tx.get('settings', 'a')) as Bytes
		await tx.put('settings', 'b', bytes)
		await tx.put('drafts', 'a', bytes)
		await tx.put('settings', 'c', bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) as Bytes)
		await tx.put('settings', 'd', new Uint8Array(3) as Bytes)
	})
	for (const key of ['b', 'c', 'd', 'new', 'missing'])
		expect([key, await records.get(note, at(key))]).toEqual([key, null])
	expect(await records.get(note, { store: 'drafts', key: 'a' })).toBe(null)
	expect(await records.all(note, 'settings')).toEqual([{ key: 'a', value: { text: 'one' } }])
})

it('opens nothing under another storage key', async () => {
	const { records, storage } = await setup()
	await records.put(note, at('a'), { text: 'one' })
	const other = await memoryDevice(await corePeople('another device'))
	expect(await createRecords(storage, other.wrap).get(note, at('a'))).toBe(null)
})

it('deletes, and reads a range', async () => {
	const { records } = await setup()
	for (const key of ['a', 'b', 'c']) await records.put(note, at(key), { text: key })
	await records.delete(at('b'))
	expect((await records.all(note, 'settings', { from: 'b' })).map(({ key }) => key)).toEqual(['c'])
})
