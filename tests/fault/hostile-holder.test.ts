/** A member who kept what was deleted, and one who deletes without a right to: neither server nor clients follow him. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import { decodeItem, eventHashOf, eventIdOf } from '#protocol/envelope.ts'
import type { Ack } from '#protocol/hub.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import { nodeHash } from '#server/node-crypto.ts'
import { fileNamed, filesUntil, hashOfFile, hashOfNew } from '../support/files.ts'
import { toBytes } from '../support/http-person.ts'
import { hostileWorld, type HostileWorld } from '../support/fault/hostile-world.ts'
import { filesIn, findLeaks } from '../support/leak-search.ts'
import { messagesUntil, must, textOf } from '../support/watching.ts'

let world: HostileWorld
beforeAll(async () => {
	world = await hostileWorld()
}, 120_000)
afterAll(() => world.close())

const codesOf = (acks: readonly Ack[]) => acks.map((ack) => ('code' in ack ? ack.code : ack.verdict))

/** Alice writes; the row of it, as Mallory reads it. */
async function written(text: string, files: readonly string[] = []) {
	const { alice, mallory, talk } = world
	const before = new Set((await mallory.rows(talk)).map(({ clientId, clock }) => `${clientId}.${clock}`))
	const sent = files.map((name) => fileNamed(name, 100_000))
	const { key } = must(
		await alice.api.post({ conversation: talk.id, text, ...(sent.length > 0 ? { files: sent } : {}) }),
	)
	const messages = await messagesUntil(alice.api, talk.id, (all) => {
		const mark = all.find((one) => one.key === key)?.mark
		return mark === 'sent' || mark === 'delivered'
	})
	const row = (await mallory.rows(talk)).find(({ clientId, clock }) => !before.has(`${clientId}.${clock}`))
	if (row === undefined) throw new Error('nothing came')
	const event = messages.find((one) => one.key === key)?.event ?? ''
	return { key, row, event: base64urlToBytes(event) as Bytes, file: sent[0] }
}

function textIn({ content }: PageItem): Bytes | null {
	const item = decodeItem(content)
	if (!item.ok) throw new Error('no item')
	return item.value.form === 'full' ? item.value.ct : null
}

test('[M2][DEL3] what he kept he brings back nowhere: not to its place, not to another, not under his name', async () => {
	const { alice, mallory, talk, data } = world
	const { key, row: kept } = await written('The key lies under the third stone')
	const ct = textIn(kept) as Bytes
	must(await alice.api.deleteForEveryone({ conversation: talk.id, key }))
	await vi.waitFor(async () => {
		const now = (await mallory.rows(talk)).find((row) => row.clientId === kept.clientId && row.clock === kept.clock)
		expect(now === undefined ? null : textIn(now)).toBeNull()
	})

	const own = await mallory.item(talk)
	const tries: readonly PageItem[] = [
		kept,
		{ ...kept, clock: kept.clock + 1 },
		{ ...kept, clock: kept.clock + 9 },
		{ ...kept, clientId: own.clientId, clock: own.clock },
	]
	const codes: string[] = []
	for (const item of tries) codes.push(...codesOf(await mallory.upload(talk.guid(), [item])))
	expect(codes.slice(1)).not.toContain('accept')
	expect(codes[0]).toBe('have')
	const idHash = toBytes(alice.account)
	const item = decodeItem(kept.content)
	if (!item.ok) throw new Error('no item')
	const target = eventIdOf(eventHashOf(nodeHash, item.value, { convId: talk.state.id, idHash }))
	const edit = { type: 'edit', text: 'The key lies under the third stone', mentions: [] } as const
	expect(codesOf(await mallory.upload(talk.guid(), [await mallory.item(talk, { annotates: { target, action: edit } })])))
		.toEqual(['accept']) // prettier-ignore

	for (const row of await mallory.rows(talk)) expect(textIn(row) ?? ct.slice(1)).not.toEqual(ct)
	await world.stillTalk()
	await world.aliceSees(['Hello Mallory', '<deleted>'])
	await vi.waitFor(
		async () => expect(findLeaks([{ name: 'ciphertext', value: ct }], await filesIn(data))).toEqual([]),
		{ timeout: 60_000, interval: 500 },
	)
})

test('[DEL4][M3] who redacts what is not his takes neither text nor file from anybody', async () => {
	const { alice, mallory, talk } = world
	const { event, file } = await written('the plan of the harbour', ['plan'])
	const [shown] = await filesUntil(alice, talk.id)
	const lie = await mallory.item(talk, { redacts: [event] })
	expect(codesOf(await mallory.upload(talk.guid(), [lie]))).toEqual(['accept'])
	// It has come to her when what he says after it has.
	const after = await mallory.item(talk, { text: 'done' })
	expect(codesOf(await mallory.upload(talk.guid(), [after]))).toEqual(['accept'])
	const seen = await messagesUntil(alice.api, talk.id, (all) => textOf(all.at(-1)!) === 'done')
	expect(seen.map(textOf)).toContain('the plan of the harbour')
	// Not fetched anew: it never left her device.
	expect(await hashOfFile(alice.api, talk.id, shown!)).toBe(await hashOfNew(file!))
	await world.stillTalk()
})
