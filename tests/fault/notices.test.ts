/** Who would write as the operator, read what he writes, or accuse others by a report, with a client that says what it likes. */
import { expect, test } from 'vitest'
import { createNotice, signConversationBody, type BoxTarget } from '#crypto/conversation-builder.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import type { ConversationBody } from '#protocol/conversation-log.ts'
import { REPORT_MAX, REPORTS_WAITING_MAX } from '#protocol/limits.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { encodeReportBody, signedReport, type ReportBody } from '#protocol/report.ts'
import type { Api } from '#sync/http-client.ts'
import { talkTo } from '#tests/support/fault/hostile-world.ts'
import { boxForms, Mallory } from '#tests/support/fault/mallory.ts'
import { codeOf, toBytes, toText } from '#tests/support/http-person.ts'
import { setup } from '#tests/support/story.ts'
import { must, now, talksOf, textsUntil } from '#tests/support/watching.ts'
import { inviteFrom, post, writableUntil } from '#tests/support/world.ts'

async function scene() {
	const { alice, bob, world } = await setup('alice', 'bob')
	const mallory = await Mallory.signUp(world.server, 'mallory', await inviteFrom(alice))
	const talk = await talkTo(bob, mallory)
	const ask = (call: (api: Api) => Promise<unknown>) => codeOf(mallory.person.http.call(call))
	return { alice, bob, world, mallory, talk, ask }
}

type Scene = Awaited<ReturnType<typeof scene>>

async function notice({ mallory, ask }: Scene, author: Bytes, targets: readonly [BoxTarget, BoxTarget]) {
	const by = { idHash: author, device: mallory.person.device, now: Date.now() }
	const made = await createNotice(mallory.crypto, by, targets)
	const [create, rotate] = [made.create, made.rotate].map((entry) => toText(encode(signedEntry, entry)))
	return ask((api) => api.conversations.create({ create: create!, rotate: rotate!, boxes: boxForms(made.boxes) }))
}

test('[C5][CNV37] who is no administrator makes no notice, in his own name or in that of one', async () => {
	const told = await scene()
	const { mallory, bob, alice } = told
	const [his, bobs] = [await mallory.target(mallory.person.id), await mallory.target(bob.account)]
	expect(await notice(told, mallory.person.account.idHash, [his, bobs])).toBe('forbidden')
	const hers = { ...his, idHash: toBytes(alice.account) }
	expect(await notice(told, toBytes(alice.account), [hers, bobs])).toBe('bad-entry')
	expect(talksOf(await now(bob.api, 'chats', null)).map(({ kind }) => kind)).toEqual(['direct'])
})

test('[C5][CNV6] nobody but the two reads a notice, learns that there is one, or comes into it', async () => {
	const told = await scene()
	const { alice, bob, world, mallory, ask } = told
	const { conversation } = must(await alice.api.openNotice({ account: bob.account }))
	await writableUntil(alice, conversation)
	await post(alice, conversation, 'Only for Bob')
	await textsUntil(bob.api, conversation, ['Only for Bob'])
	expect(await ask((api) => api.conversations.log({ conversation }))).toBe('not-found')
	expect(await ask((api) => api.conversations.heads({ conversation }))).toBe('not-member')
	expect(await ask((api) => api.conversations.rows({ conversation, page: 0, part: 0 }))).toBe('not-member')
	expect(await ask((api) => api.conversations.markers({ conversation }))).toBe('not-member')
	const id = toBytes(conversation)
	const state = await world.server.domain.conversationStates.get(id)
	if (state === null) throw new Error('no notice')
	const { idHash, device } = { idHash: mallory.person.account.idHash, device: mallory.person.device }
	const add: ConversationBody = {
		...{ type: 'add', seq: state.head.seq + 1, previous: state.head.hash, time: Date.now() },
		...{ author: idHash, device: device.deviceId, members: [{ idHash, role: 'member' }], acc: [] },
		keys: { give: 'current', n: 1, boxesRoot: new Uint8Array(32) },
	}
	const entry = await signConversationBody(mallory.crypto, { idHash, device, now: Date.now() }, add)
	const text = toText(encode(signedEntry, entry))
	expect(await ask((api) => api.conversations.append({ conversation, entry: text, boxes: [] }))).toBe('not-found')
})

test('[M9][RPT4] a report of what nobody wrote there, under a spoilt signature or in the name of another is not kept', async () => {
	const told = await scene()
	const { bob, world, mallory, talk, ask } = told
	const item = await mallory.item(talk, { text: 'a true one' })
	expect(await mallory.upload(talk.guid(), [item])).toMatchObject([{ verdict: 'accept' }])
	const { account, device, serverId } = mallory.person
	const disclosed = { guid: talk.guid(), author: account.idHash, item: item.content, eventKey: new Uint8Array(32) }
	const send = async (change: Partial<Extract<ReportBody, { type: 'message' }>>, spoilt = false) => {
		const body: ReportBody = {
			...{ type: 'message', server: serverId, idHash: account.idHash, device: device.deviceId, time: Date.now() },
			...{ conversation: talk.state.id, text: '', events: [disclosed], logs: [], ...change },
		}
		const signature = await device.signing.sign('report', encodeReportBody(body))
		if (spoilt) signature[0] = (signature[0] ?? 0) ^ 1
		return ask((api) => api.reports.send({ report: toText(encode(signedReport, { body, signature })) }))
	}
	expect(await send({}, true)).toBe('bad-signature')
	expect(await send({ idHash: toBytes(bob.account) })).toBe('bad-signature')
	expect(await send({ events: [] })).toBe('malformed')
	expect(await send({ events: [{ ...disclosed, guid: 'c/elsewhere/0' }] })).toBe('malformed')
	expect(await send({ events: [{ ...disclosed, author: toBytes(bob.account) }] })).toBe('not-found')
	const never = await mallory.item(talk, { text: 'never sent' })
	expect(await send({ events: [{ ...disclosed, item: never.content }] })).toBe('not-found')
	expect(await send({ conversation: new Uint8Array(16) })).toBe('not-member')
	expect(await world.server.domain.repositories.reports.toOperator()).toEqual([])
	const large = toText(new Uint8Array(REPORT_MAX + 3))
	expect(await ask((api) => api.reports.send({ report: large }))).toBe('malformed')
	// He may fill his own share, and no more of the operator's time.
	for (let i = 0; i < REPORTS_WAITING_MAX; i++) expect(await send({ text: String(i) })).toBe('ok')
	expect(await send({ text: 'one more' })).toBe('rate-limited')
})
