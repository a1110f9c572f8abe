/** Each predicate that says how a conversation may begin, attacked at the three doors (predicates.test.ts). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CreatedConversation } from '#crypto/conversation-builder.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { createRules } from '#protocol/conversation-rules.ts'
import { guidOf } from '#protocol/guid.ts'
import { padConversationId } from '#protocol/ids.ts'
import { chainHash, noHash } from '#protocol/log-entry.ts'
import { boxForms } from '#tests/support/fault/mallory.ts'
import { codeOf, toText } from '#tests/support/http-person.ts'
import { now } from '#tests/support/watching.ts'
import { nodeHash } from '#server/node-crypto.ts'
import { beginnings } from './beginnings.ts'
import { entryText, openCast, type Cast } from './cast.ts'

let cast: Cast
beforeAll(async () => {
	cast = await openCast()
}, 180_000)
afterAll(() => cast.close())

async function overHttp({ create, rotate, boxes }: CreatedConversation): Promise<void> {
	const form = { create: entryText(create), rotate: entryText(rotate), boxes: boxForms(boxes) }
	expect(await codeOf(cast.olga.person.http.call((api) => api.conversations.create(form)))).toMatch(
		/^(bad-entry|stale-head)$/,
	)
	const { value } = (await cast.olga.person.http.call((api) => api.conversations.list())) as {
		value: { conversations: readonly { conversation: string }[] }
	}
	const known = Object.values(cast.logs).map(({ id }) => id)
	expect(value.conversations.map(({ conversation }) => conversation).sort()).toEqual(known.sort())
}

async function overSocket({ conversation }: CreatedConversation): Promise<void> {
	const socket = await cast.olga.socket()
	const guid = guidOf({ conversation, page: 0, part: 0 })
	socket.say({ t: 'open', guid })
	expect((await socket.told('closed', (closed) => closed.guid === guid)).code).toBe('not-member')
}

/** Bob is told twice, and asks: when he asks again, he has judged both. */
async function byALyingServer({ conversation, create, rotate }: CreatedConversation): Promise<void> {
	const id = toText(conversation)
	let head = { seq: -1, hash: noHash }
	for (const { body } of [create, rotate]) {
		const seq = head.seq + 1
		head = { seq, hash: chainHash(nodeHash, head.hash, { seq, body }) }
	}
	const { bob, line, world } = cast
	const signed = toText(world.server.domain.instance.signHead({ subject: padConversationId(conversation), ...head }))
	const log = { from: 0, entries: [create, rotate].map(entryText), head: signed }
	let asked = 0
	const enough = Promise.withResolvers<void>()
	line.answers = (path) => {
		if (path !== `/conversations/${id}/log`) return null
		if (++asked === 2) enough.resolve()
		return { log, boxes: [], cutLists: [] }
	}
	const message: HubFromServer = { t: 'conversation', conversation: id, ...log }
	line.tell(message)
	line.tell({ ...message, entries: [] })
	await enough.promise
	line.answers = () => null
	expect(await now(bob.api, 'group', id)).toBe(null)
	expect((await now(bob.api, 'chats', null)).some((chat) => chat.conversation === id)).toBe(false)
}

const doors = { 'over HTTP': overHttp, 'over the socket': overSocket, 'by a lying server': byALyingServer } as const

const sentences = [
	...new Set(Object.values(createRules).flatMap((rules) => rules.map(({ rule, sentence }) => `${rule} ${sentence}`))),
	'CNV3 The first rotate names every member in acc.',
].map((text) => ({ rule: text.slice(0, text.indexOf(' ')), sentence: text.slice(text.indexOf(' ') + 1) }))

describe.each(sentences)('[$rule] create: $sentence', ({ sentence }) => {
	test.each(Object.entries(doors))('%s', { timeout: 60_000 }, async (_name, door) => {
		const make = beginnings[sentence]
		if (make === undefined)
			throw new Error(
				`nobody attacks "${sentence}": add beginnings that it stops to tests/fault/predicates/beginnings.ts`,
			)
		for (const made of await make(cast)) await door(made)
	})
})
