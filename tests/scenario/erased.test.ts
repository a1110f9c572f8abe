import { expect, test, vi } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { decodeItem } from '#protocol/envelope.ts'
import { decodeUpdate } from '#protocol/page-codec.ts'
import { findLeaks, type Place, type Secret } from '../support/leak-search.ts'
import { openedStore } from '../support/opened-store.ts'
import { ask } from '../support/raw-http.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, textsUntil } from '../support/watching.ts'
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

test('[M2] after a deletion for everyone neither text nor ciphertext is left: not with a fresh device, one that was off, the server, nor in any store', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const texts = ['The key lies under the third stone', 'The key lies under the fourth stone']
	const [key = ''] = await post(alice, conversation, texts[0] as string)
	await textsUntil(bob.api, conversation, [texts[0] as string])
	must(await alice.api.edit({ conversation, key, text: texts[1] as string }))
	const off = await deviceOf(bob, world, 'off')
	const [message] = await textsUntil(off.api, conversation, [texts[1] as string])
	must(await bob.api.post({ conversation, text: 'Thank you', replyTo: message?.event ?? null }))
	for (const device of [alice, bob, off]) await textsUntil(device.api, conversation, [texts[1] as string, 'Thank you'])

	const [first, edit, answer] = await ciphertexts(alice, conversation)
	const secrets: Secret[] = [
		...texts.map((value, i) => ({ name: `text ${i + 1}`, value })),
		...[first, edit].map((ct, i) => ({ name: `ciphertext ${i + 1}`, value: ct as Bytes })),
	]
	const isLost = (ct: Bytes | undefined) => ct === undefined || bytesToBase64url(ct).length < 40
	expect([first, edit, answer].some(isLost)).toBe(false)
	const stays: Secret = { name: 'the answer', value: answer as Bytes }
	const onServer = () => world.server.kept()
	expect(found(secrets.slice(2), await onServer())).toEqual(['ciphertext 1', 'ciphertext 2'])

	// A text that waits lies in the store in words: the search would find one.
	off.wire.cut()
	must(await off.api.saveDraft({ conversation, text: 'A word to be found' }))
	must(await alice.api.deleteForEveryone({ conversation, key }))
	const gone = ['<deleted>', 'Thank you']
	for (const device of [alice, bob]) await textsUntil(device.api, conversation, gone)
	await messagesUntil(alice.api, conversation, (all) => all[1]?.reply?.quote?.content.type === 'deleted')
	off.wire.resume()
	await textsUntil(off.api, conversation, gone)
	const fresh = await deviceOf(bob, world, 'fresh')
	await textsUntil(fresh.api, conversation, gone)

	for (const device of [alice, bob, off, fresh]) {
		const places = await openedStore(device)
		expect(findLeaks(secrets, places)).toEqual([])
		expect(found([stays], places)).toEqual(['the answer'])
		const canary = found([{ name: 'canary', value: 'A word to be found' }], places)
		expect(canary).toEqual(device === off ? ['canary'] : [])
	}
	await vi.waitFor(async () => expect(findLeaks(secrets, await onServer())).toEqual([]), {
		timeout: 60_000,
		interval: 500,
	})
	expect(found([stays], await onServer())).toEqual(['the answer'])
})

/** Names of the secrets that lie there somewhere. */
function found(secrets: readonly Secret[], places: readonly Place[]): string[] {
	return [...new Set(findLeaks(secrets, places).map(({ secret }) => secret))].sort()
}
