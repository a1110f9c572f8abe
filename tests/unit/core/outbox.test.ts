import { describe, expect, it } from 'vitest'
import { outboxRow, plainPost, type OutboxContent, type OutboxRow } from '#core/outbox-row.ts'
import { decode, encode } from '#protocol/codec.ts'
import { createOutbox, type OutboxEntry } from '#core/outbox.ts'
import { createRecords } from '#core/records.ts'
import type { StorageWrap } from '#crypto/storage-wrap.ts'
import type { Storage } from '#store/storage.ts'
import { corePeople } from '../../support/core-people.ts'
import { dyingStorage, memoryDevice } from '../../support/core-client.ts'

const content = (text: string) => ({ content: plainPost(text), writtenAt: 7 })
const texts = (entries: readonly OutboxEntry[]) =>
	entries.map(({ row }) => (row.content.kind === 'post' ? row.content.text : row.content.kind))

async function setup() {
	const device = await memoryDevice(await corePeople('outbox'))
	const open = async (storage: Storage, wrap: StorageWrap = device.wrap) =>
		createOutbox({ storage, records: createRecords(storage, wrap), now: () => 1_000_000 })
	return { device, open }
}

describe('what was written', () => {
	it('is there after a restart, in the order of writing, under the same number', async () => {
		const { device, open } = await setup()
		const outbox = await open(await device.open())
		for (const text of ['one', 'two', 'three']) await outbox.add('a', content(text))
		await outbox.add('b', content('elsewhere'))
		const again = await open(await device.open())
		expect(texts(again.of('a'))).toEqual(['one', 'two', 'three'])
		expect(again.of('a').map(({ sequence }) => sequence)).toEqual([1, 2, 3])
		expect(again.of('b').map(({ sequence }) => sequence)).toEqual([4])
		expect(again.waiting()).toBe(4)
	})

	it('is not there when the write did not come through, and its number is given anew', async () => {
		const { device, open } = await setup()
		const storage = dyingStorage(await device.open(), 1)
		const outbox = await open(storage)
		await outbox.add('a', content('one'))
		await expect(outbox.add('a', content('two'))).rejects.toThrow()
		expect(texts(outbox.of('a'))).toEqual(['one'])
		const again = await open(await device.open())
		expect(texts(again.of('a'))).toEqual(['one'])
		expect((await again.add('a', content('three'))).sequence).toBe(2)
	})
})

describe('numbers', () => {
	it('are never given twice: not after the entry is gone, nor after a restart', async () => {
		const { device, open } = await setup()
		const outbox = await open(await device.open())
		const one = await outbox.add('a', content('one'))
		await outbox.remove(one)
		const again = await open(await device.open())
		expect((await again.add('b', content('two'))).sequence).toBe(2)
	})

	it('keep their order when the sealing of an earlier row takes longer', async () => {
		const { device, open } = await setup()
		let calls = 0
		let slow = () => {}
		const first = new Promise<void>((resolve) => {
			slow = resolve
		})
		const wrap: StorageWrap = {
			...device.wrap,
			seal: async (...row) => {
				if (calls++ === 0) await first
				return device.wrap.seal(...row)
			},
		}
		const storage = await device.open()
		const outbox = await open(storage, wrap)
		const written = Promise.all(['one', 'two'].map((text) => outbox.add('a', content(text))))
		slow()
		expect((await written).map(({ sequence }) => sequence)).toEqual([1, 2])
		const again = await open(await device.open())
		expect(texts(again.of('a'))).toEqual(['one', 'two'])
		expect((await again.add('a', content('three'))).sequence).toBe(3)
	})
})

it('counts what failed no longer as waiting, and keeps it', async () => {
	const { device, open } = await setup()
	const outbox = await open(await device.open())
	const entry = await outbox.add('a', content('one'))
	await outbox.replace({ ...entry, row: { ...entry.row, state: 'failed', code: 'item-not-friends' } })
	expect(outbox.waiting()).toBe(0)
	const again = await open(await device.open())
	expect(again.of('a')[0]?.row).toMatchObject({ content: { text: 'one' }, state: 'failed', code: 'item-not-friends' })
})

describe('a row', () => {
	const standing = { writtenAt: 6, state: 'waiting', placed: null, was: [], code: null, attempts: 0 } as const
	const id = (byte: number) => new Uint8Array(16).fill(byte)
	const rowOf = (content: OutboxContent): OutboxRow => ({ ...standing, content })
	const post = (change: object = {}) => rowOf({ ...plainPost('hi'), ...change })
	const row = post()
	const versionOf = (one: OutboxRow) => encode(outboxRow, one)[0]

	it('is of the version that 0.1.0 wrote, unless it says what that could not', () => {
		const [replyTo, mentions] = [id(7), [new Uint8Array(32).fill(7)]]
		const posts = [row, post({ replyTo }), post({ mentions }), post({ replyTo, mentions }), post({ forwarded: true })]
		const changes: readonly OutboxContent[] = [
			{ kind: 'annotate', target: id(7), page: 3, expiresAt: null, action: { type: 'edit', text: 'ho', mentions } },
			{ kind: 'annotate', target: id(7), page: 3, expiresAt: 9, action: { type: 'reaction', emoji: '👍', on: true } },
			{ kind: 'redact', targets: [id(7), id(8)], page: 3, reason: null },
		]
		expect(posts.map(versionOf)).toEqual([1, 2, 3, 3, 4])
		expect(changes.map(rowOf).map(versionOf)).toEqual([4, 4, 4])
		for (const one of [...posts, ...changes.map(rowOf)])
			expect(decode(outboxRow, encode(outboxRow, one))).toEqual({ ok: true, value: one })
	})

	it('of 0.1.0 opens as a post with nothing beside its text', () => {
		// version ‖ text ‖ writtenAt ‖ state ‖ placed ‖ was ‖ code ‖ attempts
		const written = Buffer.from(
			'01' + '00000002' + '6869' + '0000000000000006' + '01' + '00' + '00000000' + '00' + '00',
			'hex',
		)
		expect(decode(outboxRow, new Uint8Array(written))).toEqual({ ok: true, value: row })
	})

	it('of a version that is not known is refused', () => {
		const encoded = encode(outboxRow, row)
		encoded[0] = 5
		expect(decode(outboxRow, encoded)).toEqual({ ok: false, error: { type: 'malformed', reason: 'version 5' } })
	})
})
