/** A message is reported: to the operator, who reads that one and no other, or to the admins of a room, sealed to them. */
import { expect, test } from 'vitest'
import { bytesToUtf8 } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { signedReport } from '#protocol/report.ts'
import { openWithEventKey } from '#crypto/event-seal.ts'
import { decodeItem } from '#protocol/envelope.ts'
import { clientCrypto, toBytes } from '../support/http-person.ts'
import { groupOf } from '../support/groups.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, now, refusal, textsUntil, until } from '../support/watching.ts'
import { befriend, openDirect, post, type Person } from '../support/world.ts'
import type { ConversationId } from '#core/api.ts'

async function eventOf({ api }: Person, conversation: ConversationId, text: string): Promise<string> {
	const isThis = ({ content, event }: { content: { type: string; text?: string }; event: string | null }) =>
		content.type === 'text' && content.text === text && event !== null
	const all = await messagesUntil(api, conversation, (messages) => messages.some(isThis))
	return all.find(isThis)?.event as string
}

test('[M9][RPT4][RPT5] to the operator: shows what is sent, discloses that one message, and opens no other', async () => {
	const { alice, bob, carol, world } = await setup('alice', 'bob', 'carol')
	await befriend(bob, carol)
	const conversation = await openDirect(bob, carol)
	await post(carol, conversation, 'nothing to see', 'something bad', 'more of nothing')
	await textsUntil(bob.api, conversation, ['nothing to see', 'something bad', 'more of nothing'])
	const event = await eventOf(bob, conversation, 'something bad')
	expect(must(await bob.api.previewReport({ conversation, event }))).toMatchObject({
		...{ author: { account: carol.account }, text: 'something bad', hasAdmins: false },
	})
	must(await bob.api.reportMessage({ conversation, event, to: 'operator', text: 'Please look' }))
	const [report] = must(await alice.api.reports({ conversation: null }))
	expect(report?.checked).toMatchObject({
		...{ type: 'true', text: 'Please look', reporter: { account: bob.account, name: 'bob' } },
		...{ author: { account: carol.account, name: 'carol' }, message: { text: 'something bad' } },
	})
	// What the server keeps of it: one item, and a key that opens none of the others.
	const [row] = await world.server.domain.repositories.reports.toOperator()
	const kept = decode(signedReport, row?.report as Uint8Array<ArrayBuffer>)
	if (!kept.ok || kept.value.body.type !== 'message') throw new Error('not a report')
	const { events, conversation: convId } = kept.value.body
	expect(events).toHaveLength(1)
	const { crypto } = await clientCrypto()
	const counters = await world.server.domain.repositories.events.counters(toBytes(conversation))
	let opened = 0
	for (let recv = 1; recv <= 3; recv++) {
		const bytes = await world.server.domain.repositories.events.item(counters?.id ?? 0, recv)
		const item = decodeItem(bytes as Uint8Array)
		if (!item.ok || item.value.form !== 'full') throw new Error('no item')
		const about = { conversation: convId, idHash: toBytes(carol.account), item: item.value }
		if ((await openWithEventKey(crypto, events[0]?.eventKey as Uint8Array<ArrayBuffer>, about)).ok) opened++
	}
	expect(opened).toBe(1)
	// Nobody else is told, and once it is dismissed the key is gone.
	expect(refusal(await bob.api.reports({ conversation: null }))).toMatchObject({ code: 'forbidden' })
	must(await alice.api.dismissReport({ conversation: null, id: report?.id ?? '' }))
	expect(must(await alice.api.reports({ conversation: null }))).toEqual([])
	expect(await world.server.domain.repositories.reports.toOperator()).toEqual([])
	expect(await now(carol.api, 'conversation', conversation)).toMatchObject({ writable: { type: 'yes' } })
})

test('[M9][RPT6] to the admins of a room: sealed to them, the server and other members read nothing', async () => {
	const { alice, bob, carol, dave, world } = await setup('alice', 'bob', 'carol', 'dave')
	// Alice operates the server and is not in the room.
	const room = await groupOf(
		bob,
		[
			[carol, 'admin'],
			[dave, 'member'],
		],
		{ kind: 'room-private', name: 'Garden' },
	)
	await post(carol, room, 'fine')
	await post(bob, room, 'not fine')
	const event = await eventOf(dave, room, 'not fine')
	expect(must(await dave.api.previewReport({ conversation: room, event }))).toMatchObject({ hasAdmins: true })
	must(await dave.api.reportMessage({ conversation: room, event, to: 'admins', text: 'Secret words of Dave' }))
	const [report] = must(await carol.api.reports({ conversation: room }))
	expect(report?.checked).toMatchObject({
		...{ type: 'true', text: 'Secret words of Dave', reporter: { account: dave.account } },
		...{ author: { account: bob.account }, message: { text: 'not fine' } },
	})
	expect(refusal(await dave.api.reports({ conversation: room }))).toMatchObject({ code: 'forbidden' })
	expect(refusal(await alice.api.reports({ conversation: room }))).toMatchObject({ code: 'not-found' })
	expect(must(await alice.api.reports({ conversation: null }))).toEqual([])
	const stored = await world.server.domain.repositories.reports.sealedFor(toBytes(room), toBytes(carol.account))
	expect(stored).toHaveLength(1)
	expect(decode(signedReport, stored[0]?.report as Uint8Array<ArrayBuffer>).ok).toBe(false)
	expect(() => bytesToUtf8(stored[0]?.report as Uint8Array)).toThrow()
	must(await bob.api.dismissReport({ conversation: room, id: report?.id ?? '' }))
	expect(must(await carol.api.reports({ conversation: room }))).toEqual([])
	await until(dave.api, { view: 'conversation', of: room, is: (view) => view?.writable.type === 'yes' })
})
