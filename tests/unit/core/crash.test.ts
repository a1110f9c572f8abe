/**
 * The process dies before one of its writes, each of them in turn; a new start on the same disk goes on. Whatever `post`
 * answered arrives exactly once and in order, and whatever arrived is shown exactly once.
 */
import { expect, it } from 'vitest'
import { openEvent } from '#crypto/event-seal.ts'
import { decodeItem } from '#protocol/envelope.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import type { ServerEnd } from '../../support/server-end.ts'
import { dyingStorage, eventually, type CoreClient } from '../../support/core-client.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../support/core-talk.ts'

holdProviderTimers()

async function textsAt(talk: Talk): Promise<string[]> {
	const rows = [0, 1].flatMap((page) => [...talk.server.rows(talk.talk.guid(page))])
	return Promise.all(rows.map((row) => textIn(talk, row)))
}

async function textIn({ crypto, talk, alice }: Talk, { content }: PageItem): Promise<string> {
	const item = decodeItem(content)
	if (!item.ok || item.value.form !== 'full') throw new Error('no text')
	const body = await openEvent(crypto, { epoch: talk.keys, idHash: alice.idHash, item: item.value })
	return body.ok && body.value.kind === 'post' ? body.value.text : 'does not open'
}

/** Posts until the device dies; the texts that it took. */
async function postAll(client: CoreClient, texts: readonly string[]): Promise<string[]> {
	const taken: string[] = []
	for (const text of texts) {
		const done = await client
			.conversation()
			.post(text)
			.then(
				() => true,
				() => false,
			)
		if (!done) break
		taken.push(text)
	}
	return taken
}

/** Runs a story on a device that dies at its n-th write, for each n until it lives to the end. */
async function dieAtEach(seed: string, hostile: (server: ServerEnd, talk: Talk) => void, texts: readonly string[]) {
	let deaths = 0
	for (let writes = 0; ; writes++) {
		const talk = await talkOf(`${seed} ${writes}`)
		// Logs, key and an empty page are there; the story begins with the first post.
		const before = await talk.start()
		await before.online()
		before.close()
		hostile(talk.server, talk)
		let isDead = () => false
		const client = await talk.start({
			storage: (storage) => {
				const dying = dyingStorage(storage, writes)
				isDead = dying.isDead
				return dying
			},
		})
		await client.online()
		const taken = await postAll(client, texts)
		await eventually(
			async () => isDead() || client.context.outbox.waiting() === 0,
			`death or the end at write ${writes}`,
		)
		client.close()
		const again = await talk.start()
		await again.online()
		const wanted = taken.map((text) => `${text} (sent)`)
		await eventually(
			async () => (await again.texts()).join() === wanted.join(),
			`${wanted.join()} after write ${writes}`,
		)
		expect([writes, await textsAt(talk)]).toEqual([writes, taken])
		expect(again.context.outbox.waiting()).toBe(0)
		expect(again.troubles).toEqual([])
		again.close()
		if (!isDead()) return deaths
		deaths++
	}
}

const texts = ['one', 'two', 'three']

it('[L1] dies at any write, with a server that takes everything', { timeout: 60_000 }, async () => {
	expect(await dieAtEach('crash', () => {}, texts)).toBeGreaterThan(5)
})

it('[L1] dies at any write, while the server refuses the first and turns the page', { timeout: 60_000 }, async () => {
	const deaths = await dieAtEach(
		'crash refused',
		(server, talk) => {
			let refused = false
			server.verdict = () => {
				if (refused) return { verdict: 'accept' }
				refused = true
				server.turnPage(talk.talk.made.conversation)
				return { verdict: 'refuse', code: 'item-page-closed' }
			}
		},
		texts,
	)
	expect(deaths).toBeGreaterThan(5)
})
