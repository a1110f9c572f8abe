/** Edits, reactions, pins and deletions on their way out: shown at once, kept, placed where their target stands. */
import { describe, expect, it } from 'vitest'
import type { MessageView } from '#core/api.ts'
import { openEvent } from '#crypto/event-seal.ts'
import { base64urlToBytes, bytesToBase64url } from '#protocol/bytes.ts'
import { decodeItem } from '#protocol/envelope.ts'
import { guidOf } from '#protocol/guid.ts'
import { eventually, type CoreClient } from '../../support/core-client.ts'
import { holdProviderTimers, talkOf, type Talk } from '../../support/core-talk.ts'

holdProviderTimers()

/** What Alice's items in a page say, one word each. */
async function said({ crypto, talk, alice, server }: Talk, guid: string): Promise<string[]> {
	return Promise.all(
		server.rows(guid).map(async ({ content }) => {
			const item = decodeItem(content)
			if (!item.ok || item.value.form !== 'full') return 'no text'
			const body = await openEvent(crypto, { epoch: talk.keys, idHash: alice.idHash, item: item.value })
			if (!body.ok) return 'not hers'
			if (body.value.kind === 'post') return `post ${body.value.text}`
			if (body.value.kind === 'redact') return `redact ${item.value.head.targets.map(bytesToBase64url).join()}`
			const { action } = body.value
			return action.type === 'edit' ? `edit ${action.text}` : `${action.type} ${action.on ? 'on' : 'off'}`
		}),
	)
}

const shown = ({ content, edited, pinned, reactions }: MessageView) =>
	[
		content.type === 'text' ? content.text : content.type,
		...(edited ? ['edited'] : []),
		...(pinned ? ['pinned'] : []),
		...reactions.map(({ emoji, by }) => `${emoji}${by.length}`),
	].join(' ')

const shows = async (client: CoreClient) => (await client.messages()).map(shown)

/** Alice's client with one message of her own, stored, and one of Bob's. */
async function begun(seed: string) {
	const talk = await talkOf(seed)
	const client = await talk.start()
	await client.online()
	const key = await client.conversation().post('one')
	await eventually(async () => (await client.messages())[0]?.mark === 'sent', 'one sent')
	talk.server.publish(talk.guid, (await talk.bobWrites()('by Bob')).item)
	await eventually(async () => (await client.messages()).length === 2, 'the text of Bob')
	const [mine, his] = (await client.messages()) as [MessageView, MessageView]
	return { talk, client, key, mine, his }
}

describe('a change of a message', () => {
	it('shows at once, without a connection, survives a restart, and goes out when there is one', async () => {
		const { talk, client, key, his } = await begun('changes offline')
		client.close()
		const away = await talk.start()
		const conversation = away.conversation()
		expect((await conversation.edit(key, 'two')).ok).toBe(true)
		expect((await conversation.react(his.key, { emoji: '🎈', on: true })).ok).toBe(true)
		expect((await conversation.pin(his.key, true)).ok).toBe(true)
		const after = ['two edited', 'by Bob pinned 🎈1']
		expect(await shows(away)).toEqual(after)
		away.close()
		const again = await talk.start()
		expect(await shows(again)).toEqual(after)
		await again.online()
		await eventually(() => again.context.outbox.waiting() === 0, 'all sent')
		expect(await shows(again)).toEqual(after)
		expect((await said(talk, talk.guid)).filter((one) => one !== 'not hers')).toEqual([
			'post one',
			'edit two',
			'reaction on',
			'pin on',
		])
		expect(again.troubles).toEqual([])
	})

	it('that is taken back before it left was never said', async () => {
		const { talk, client, key, his } = await begun('changes taken back')
		client.close()
		const away = await talk.start()
		const conversation = away.conversation()
		await conversation.react(his.key, { emoji: '🎈', on: true })
		await conversation.react(his.key, { emoji: '🎈', on: false })
		await conversation.edit(key, 'two')
		await conversation.edit(key, 'three')
		expect(away.context.outbox.waiting()).toBe(1)
		await conversation.edit(key, 'one')
		expect([await shows(away), away.context.outbox.waiting()]).toEqual([['one', 'by Bob'], 0])
	})

	it('of a message that has not left changes that one, and deleted it was never written', async () => {
		const { talk, client } = await begun('changes unsent')
		client.close()
		const away = await talk.start()
		const [two, three] = [await away.conversation().post('two'), await away.conversation().post('three')]
		await away.conversation().edit(two, 'zwei')
		await away.conversation().redact(three)
		expect(await shows(away)).toEqual(['one', 'by Bob', 'zwei'])
		await away.online()
		await eventually(() => away.context.outbox.waiting() === 0, 'all sent')
		expect((await said(talk, talk.guid)).filter((one) => one !== 'not hers')).toEqual(['post one', 'post zwei'])
	})

	it('of what is not here, or says nothing, is refused', async () => {
		const { client, key } = await begun('changes nothing')
		const conversation = client.conversation()
		await conversation.redact(key)
		const notHere = { ok: false, error: { type: 'not-here' } }
		expect(await conversation.edit(key, 'again')).toEqual(notHere)
		expect(await conversation.redact(key)).toEqual(notHere)
		expect(await conversation.pin('own-77', true)).toEqual(notHere)
	})
})

describe('a deletion for everyone', () => {
	it('names the message and each of its edits, and takes what waited for it out of the outbox', async () => {
		const { talk, client, key, mine } = await begun('changes deletion')
		await client.conversation().edit(key, 'two')
		await eventually(() => client.context.outbox.waiting() === 0, 'the edit sent')
		client.close()
		const away = await talk.start()
		await away.conversation().edit(key, 'three')
		await away.conversation().redact(key)
		expect(away.context.outbox.waiting()).toBe(1)
		expect(await shows(away)).toEqual(['deleted', 'by Bob'])
		await away.online()
		await eventually(() => away.context.outbox.waiting() === 0, 'all sent')
		const edit = talk.server.rows(talk.guid).at(-2)?.eventId as string
		const hers = (await said(talk, talk.guid)).filter((one) => one !== 'not hers')
		expect(hers.slice(0, 2)).toEqual(['post one', 'edit two'])
		expect(hers.slice(2).map((one) => new Set(one.slice('redact '.length).split(',')))).toEqual([
			new Set([mine.event, edit]),
		])
	})
})

describe('what somebody else deletes', () => {
	it('[DEL6] takes what waits to be said about it out of the outbox, and what was refused; nothing else goes', async () => {
		const { talk, client, key, his } = await begun('changes of the deleted')
		client.close()
		const away = await talk.start()
		await away.conversation().react(his.key, { emoji: '🎈', on: true })
		await away.conversation().pin(his.key, true)
		await away.conversation().edit(key, 'two')
		const [reaction] = away.context.outbox.of(talk.talk.id)
		await away.context.outbox.replace({
			...reaction!,
			row: { ...reaction!.row, state: 'failed', code: 'item-no-right' },
		})
		const hers = base64urlToBytes((await away.messages())[0]!.event!)!
		const write = talk.bobWrites()
		await write('by Bob')
		const redacts = [base64urlToBytes(his.event!)!, hers].toSorted((a, b) => Buffer.compare(a, b))
		talk.server.put(talk.guid, (await write('', { redacts })).item)
		await away.online()
		await eventually(() => away.context.outbox.unsent() === 0, 'nothing waits')
		expect(await shows(away)).toEqual(['two edited', 'deleted'])
		expect((await said(talk, talk.guid)).filter((one) => one !== 'not hers' && one !== 'no text')).toEqual([
			'post one',
			'edit two',
		])
		expect(away.troubles).toEqual([])
	})

	it('[DEL3] comes back from nobody who kept it: neither over its skeleton, nor at another place', async () => {
		const { talk, client, his } = await begun('changes brought back')
		const write = talk.bobWrites()
		const [original] = talk.server.rows(talk.guid).filter(({ eventId }) => eventId === his.event)
		await write('by Bob')
		talk.server.publish(talk.guid, (await write('', { redacts: [base64urlToBytes(his.event!)!] })).item)
		await eventually(async () => (await shows(client))[1] === 'deleted', 'the deletion')
		talk.server.publish(talk.guid, { clientId: original!.clientId, clock: original!.clock, content: original!.content })
		talk.server.publish(talk.guid, { clientId: original!.clientId, clock: 7, content: original!.content })
		talk.server.publish(talk.guid, (await write('after it')).item)
		await eventually(async () => (await client.messages()).length === 3, 'the next one')
		expect(await shows(client)).toEqual(['one', 'deleted', 'after it'])
		const rows = await client.context.events.page(talk.talk.id, 0)
		const kept = rows.filter(({ eventId }) => bytesToBase64url(eventId) === his.event)
		expect(kept.map(({ item }) => item.form)).toEqual(['skeleton'])
	})
})

describe('a change goes to the page of its target', () => {
	it('which may be an old one, that is opened for it', async () => {
		const { talk, client, key } = await begun('changes old page')
		talk.server.turnPage(talk.talk.made.conversation)
		await client.idle()
		await client.conversation().post('later')
		await client.conversation().edit(key, 'two')
		await eventually(() => client.context.outbox.waiting() === 0, 'all sent')
		expect((await said(talk, talk.guid)).at(-1)).toBe('edit two')
		expect(await said(talk, talk.talk.guid(1))).toEqual(['post later'])
		expect(await shows(client)).toEqual(['two edited', 'by Bob', 'later'])
	})

	it('and to the next part, once the server says that one is full', async () => {
		const { talk, client, key, his } = await begun('changes parts')
		talk.server.verdict = (_, guid) =>
			guid === talk.guid ? { verdict: 'refuse', code: 'item-page-closed' } : { verdict: 'accept' }
		await client.conversation().edit(key, 'two')
		await client.conversation().pin(his.key, true)
		await eventually(() => client.context.outbox.waiting() === 0, 'all sent')
		const part = guidOf({ conversation: talk.talk.made.conversation, page: 0, part: 1 })
		expect(new Set(await said(talk, part))).toEqual(new Set(['edit two', 'pin on']))
		expect(await shows(client)).toEqual(['two edited', 'by Bob pinned'])
	})

	it('and where nothing cures it, is shown as refused, to be tried again or let go', async () => {
		const { talk, client, key } = await begun('changes refused')
		talk.server.verdict = () => ({ verdict: 'refuse', code: 'item-archived' })
		await client.conversation().edit(key, 'two')
		await eventually(async () => (await client.messages())[0]?.refused !== null, 'refused')
		const [message] = await client.messages()
		expect(message).toMatchObject({
			content: { text: 'one' },
			edited: false,
			refused: { what: 'edit', problem: 'item-archived' },
		})
		talk.server.verdict = () => ({ verdict: 'accept' })
		await client.conversation().retry(message?.refused?.key as string)
		await eventually(async () => (await shows(client))[0] === 'two edited', 'the edit')
		expect((await client.messages())[0]?.refused).toBe(null)
	})
})
