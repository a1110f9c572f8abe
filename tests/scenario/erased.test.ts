import { expect, test, vi } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { decodeItem } from '#protocol/envelope.ts'
import { decodeUpdate } from '#protocol/page-codec.ts'
import { wholeCopy } from '../support/archives.ts'
import { exportSchema } from '../support/export-schema.ts'
import { findLeaks, type Place, type Secret } from '../support/leak-search.ts'
import { openedStore } from '../support/opened-store.ts'
import { ask } from '../support/raw-http.ts'
import { setup } from '../support/story.ts'
import { keyOf, messagesUntil, must, textsUntil, until } from '../support/watching.ts'
import {
	accessTokenOf,
	befriend,
	openDirect,
	post,
	type NodeDevice,
	type Person,
	type World,
} from '../support/world.ts'

/** Ciphertexts of the first page, in the order in which the server stored them. */
async function ciphertexts(device: NodeDevice, conversation: ConversationId): Promise<Bytes[]> {
	const path = `/conversations/${conversation}/pages/0/0`
	const { body } = await ask(device, { path, token: await accessTokenOf(device) })
	const update = decodeUpdate(base64urlToBytes((body as { update: string }).update) as Bytes)
	if (!update.ok) throw new Error('no rows')
	const { recv } = body as { recv: readonly number[] }
	const stored = update.value.items.map((item, i) => ({ ...item, recv: recv[i] ?? 0 }))
	return stored
		.toSorted((a, b) => a.recv - b.recv)
		.flatMap(({ content }) => {
			const item = decodeItem(content)
			return item.ok && item.value.form === 'full' ? [item.value.ct] : []
		})
}

async function deviceOf({ name, password }: Person, world: World, as: string) {
	const device = await world.device(`${name}-${as}`)
	must(await device.api.signIn({ name, password }))
	return device
}

/** Once every device has looked at what it holds. */
const foundUntil = ({ api }: NodeDevice, text: string, hits: number) =>
	until(api, {
		view: 'search',
		of: { text, conversation: null, count: 9 },
		is: (view) => view.indexing === null && view.hits.length === hits,
	})

test('[M2] after a deletion for everyone neither text nor ciphertext is left: not with a fresh device, one that was off, the server, in a copy, nor in any store', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const texts = ['The key lies under the marmalade', 'The key lies under the mulberries'] as const
	const [key = ''] = await post(alice, conversation, texts[0])
	await textsUntil(bob.api, conversation, [texts[0]])
	must(await alice.api.edit({ conversation, key, text: texts[1] }))
	const off = await deviceOf(bob, world, 'off')
	const late = await deviceOf(alice, world, 'late')
	const [message] = await textsUntil(off.api, conversation, [texts[1]])
	must(await bob.api.post({ conversation, text: 'A thousand thanks', replyTo: message?.event ?? null }))
	for (const device of [alice, bob, off, late]) {
		await textsUntil(device.api, conversation, [texts[1], 'A thousand thanks'])
		await foundUntil(device, 'mulberries', 1)
	}

	const [first, edit, answer] = await ciphertexts(alice, conversation)
	const waits = 'The key lies under the gooseberries'
	const secrets: Secret[] = [
		...[first, edit].map((ct, i) => ({ name: `ciphertext ${i + 1}`, value: ct as Bytes })),
		...[...texts, waits].map((value, i) => ({ name: `text ${i + 1}`, value })),
		// As an index has them: spelled after the word before.
		...['rmalade', 'lberries', 'oseberries'].map((value, i) => ({ name: `word ${i + 1}`, value })),
	]
	const isLost = (ct: Bytes | undefined) => ct === undefined || bytesToBase64url(ct).length < 40
	expect([first, edit, answer].some(isLost)).toBe(false)
	const stays: Secret[] = [
		{ name: 'the answer', value: answer as Bytes },
		{ name: 'a word of the answer', value: 'ousand' },
	]
	const onServer = () => world.server.kept()
	expect(found(secrets, await onServer())).toEqual(['ciphertext 1', 'ciphertext 2'])

	// What waits lies in the store in words: the search would find it.
	off.wire.cut()
	must(await off.api.saveDraft({ conversation, text: 'A word to be found' }))
	late.wire.cut()
	must(await late.api.edit({ conversation, key: await keyOf(late, conversation, texts[1]), text: waits }))
	await textsUntil(late.api, conversation, [waits, 'A thousand thanks'])
	must(await alice.api.deleteForEveryone({ conversation, key }))
	const gone = ['<deleted>', 'A thousand thanks']
	for (const device of [alice, bob]) await textsUntil(device.api, conversation, gone)
	await messagesUntil(alice.api, conversation, (all) => all[1]?.reply?.quote?.content.type === 'deleted')
	for (const device of [off, late]) {
		device.wire.resume()
		await textsUntil(device.api, conversation, gone)
	}
	await until(late.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	const fresh = await deviceOf(bob, world, 'fresh')
	await textsUntil(fresh.api, conversation, gone)
	const all = [alice, bob, off, late, fresh]
	for (const device of all) {
		await foundUntil(device, 'thousand', 1)
		await foundUntil(device, 'berries', 0)
		expect(findLeaks(secrets, await copiesOf(device, conversation))).toEqual([])
	}

	for (const device of all) {
		const places = await openedStore(device)
		expect(findLeaks(secrets, places)).toEqual([])
		expect(found(stays, places)).toEqual(['a word of the answer', 'the answer'])
		const canary = found([{ name: 'canary', value: 'A word to be found' }], places)
		expect(canary).toEqual(device === off ? ['canary'] : [])
	}
	await vi.waitFor(async () => expect(findLeaks(secrets, await onServer())).toEqual([]), {
		timeout: 60_000,
		interval: 500,
	})
	expect(found(stays, await onServer())).toEqual(['the answer'])
})

/** The conversation as it is saved: of what was deleted it says that, and no more. */
async function copiesOf(device: NodeDevice, conversation: ConversationId): Promise<Place[]> {
	const as = (form: 'json' | 'html') => wholeCopy(device, { conversation, as: form, files: false })
	const [json, html] = [await as('json'), await as('html')]
	const said = exportSchema.parse(JSON.parse(Buffer.from(json).toString())).conversations[0]?.pages[0]?.messages
	expect(said).toMatchObject([{ type: 'deleted' }, { type: 'text', text: 'A thousand thanks' }])
	expect(Buffer.from(html).toString()).toContain('A thousand thanks')
	return [
		{ name: 'json', bytes: json },
		{ name: 'html', bytes: html },
	]
}

/** Names of the secrets that lie there somewhere. */
function found(secrets: readonly Secret[], places: readonly Place[]): string[] {
	return [...new Set(findLeaks(secrets, places).map(({ secret }) => secret))].sort()
}
