/**
 * A device that signs what does not verify. The server verifies one in sixteen of what a device brings by itself: here the
 * draw is the test's, so that both branches are seen, each through a whole server and to honest screens.
 */
import { expect, test } from 'vitest'
import { generateSigningKey } from '#crypto/signing-key.ts'
import { encode } from '#protocol/codec.ts'
import type { Ack } from '#protocol/hub.ts'
import { encodeReportBody, signedReport, type ReportBody } from '#protocol/report.ts'
import { nodeRandom } from '#server/node-crypto.ts'
import { Mallory } from '#tests/support/fault/mallory.ts'
import { talkTo } from '#tests/support/fault/hostile-world.ts'
import { codeOf, toBytes, toText } from '#tests/support/http-person.ts'
import { peopled, world as openStory } from '#tests/support/story.ts'
import { must, textsUntil } from '#tests/support/watching.ts'
import { inviteFrom, onlineUntil, post } from '#tests/support/world.ts'

/** The server asks for one byte for one item of a turn; 0 draws it. */
async function story() {
	const chance = { draw: 1 }
	const random = (length: number) => (length === 1 ? Uint8Array.of(chance.draw) : nodeRandom(length))
	const world = await openStory({ random })
	const { alice } = await peopled(world, ['alice'])
	const phone = await world.device('alice-phone')
	must(await phone.api.signIn({ name: 'alice', password: alice.password }))
	const mallory = await Mallory.signUp(world.server, 'mallory', await inviteFrom(alice))
	const talk = await talkTo(alice, mallory)
	const badly = await generateSigningKey(mallory.crypto)
	/** What Alice reads on both of her devices. */
	const aliceReads = async (...texts: string[]) => {
		for (const { api } of [alice, phone]) await textsUntil(api, talk.id, ['Hello Mallory', ...texts])
	}
	const write = async (text: string, bad = false) => {
		const item = await mallory.item(talk, { text, ...(bad ? { signedBy: badly } : {}) })
		return (await mallory.upload(talk.guid(), [item]))[0] as Ack
	}
	return { world, chance, alice, phone, mallory, talk, aliceReads, write }
}

type Story = Awaited<ReturnType<typeof story>>

/** The server closes the socket that was open, and its session is no more. */
async function barred({ mallory }: Story): Promise<void> {
	expect(await mallory.thrownOut()).toBe(4424)
	expect(await codeOf(mallory.person.http.call((api) => api.accounts.me()))).toBe('bad-device-proof')
}

test('[ADM17][RPT3] drawn, it is refused, nobody sees it, and the device is barred', async () => {
	const told = await story()
	const { chance, write, aliceReads, alice, talk } = told
	expect(await write('true')).toMatchObject({ verdict: 'accept' })
	await (await told.mallory.socket()).settled()
	chance.draw = 0
	expect(await write('false', true)).toMatchObject({ verdict: 'refuse', code: 'item-bad-signature' })
	await barred(told)
	await post(alice, talk.id, 'after')
	await aliceReads('true', 'after')
})

test('[RPT2][RPT3] not drawn, it is stored: every client keeps it out and reports it, and the device is barred', async () => {
	const told = await story()
	const { world, write, aliceReads, alice, talk, mallory } = told
	expect(await write('true')).toMatchObject({ verdict: 'accept' })
	expect(await write('false', true)).toMatchObject({ verdict: 'accept' })
	// Nobody but Alice's devices has told the server.
	await barred(told)
	expect(world.server.lines.filter(({ event }) => event === 'device-barred').length).toBeGreaterThan(0)
	await post(alice, talk.id, 'after')
	await aliceReads('true', 'after')
	// A device that was away when it came reads it in no other way.
	await told.phone.reopen()
	await aliceReads('true', 'after')
	await mallory.openSession()
	expect((await mallory.rows(talk)).length).toBe(4)
})

test('[RPT3] who was barred comes back by his password alone, and from then on all is verified, also after a restart', async () => {
	const told = await story()
	const { world, alice, phone, mallory, write, talk } = told
	await write('false', true)
	await barred(told)
	await world.stop()
	await world.start()
	mallory.moveTo(world.server)
	for (const device of [alice, phone]) await onlineUntil(device)
	await mallory.openSession()
	// A new stream: what stands in the old one keeps its place.
	const lie = { text: 'false again', place: { incarnation: 1, clock: 0 } }
	const item = await mallory.item(talk, { ...lie, signedBy: await generateSigningKey(mallory.crypto) })
	expect(await mallory.upload(talk.guid(), [item])).toMatchObject([{ code: 'item-bad-signature' }])
	await barred(told)
	await mallory.openSession()
	const good = await mallory.item(talk, { text: 'true again', place: { incarnation: 1, clock: 0 } })
	expect(await mallory.upload(talk.guid(), [good])).toMatchObject([{ verdict: 'accept' }])
	await told.aliceReads('true again')
})

test('[RPT1][RPT2] a report bars nobody by what it says: the row is looked at, and the report must be the reporter’s own', async () => {
	const { world, alice, mallory, talk, write, aliceReads } = await story()
	const [hers] = await mallory.rows(talk)
	const { serverId, account, device } = mallory.person
	const base = {
		...{ type: 'badSignature', server: serverId, idHash: account.idHash, device: device.deviceId, time: Date.now() },
		...{ conversation: talk.state.id, guid: talk.guid(), clientId: hers!.clientId, clock: hers!.clock },
	} as const satisfies ReportBody
	const report = async (change: Partial<typeof base> = {}, signing = device.signing) => {
		const body = { ...base, ...change }
		const signature = await signing.sign('report', encodeReportBody(body))
		const text = toText(encode(signedReport, { body, signature }))
		return codeOf(mallory.person.http.call((api) => api.reports.send({ report: text })))
	}
	expect(await report()).toBe('ok')
	const other = world.server.domain.random(32)
	expect(await report({ idHash: toBytes(alice.account) })).toBe('bad-signature')
	expect(await report({ device: other.slice(0, 16) })).toBe('bad-signature')
	expect(await report({ server: other })).toBe('bad-signature')
	expect(await report({ time: Date.now() - 120_000 })).toBe('bad-signature')
	expect(await report({}, await generateSigningKey(mallory.crypto))).toBe('bad-signature')
	expect(await report({ conversation: other.slice(0, 16) })).toBe('not-member')
	expect(await report({ guid: `c/${'A'.repeat(22)}/0` })).toBe('malformed')
	expect(await report({ guid: talk.guid(5) })).toBe('not-found')
	expect(await report({ clock: 7 })).toBe('not-found')
	expect(await codeOf(mallory.person.http.call((api) => api.reports.send({ report: 'AAAA' })))).toBe('malformed')
	await post(alice, talk.id, 'still here')
	await aliceReads('still here')
	await write('and I')
	await aliceReads('still here', 'and I')
	expect(world.server.lines.filter(({ event }) => event === 'device-barred')).toEqual([])
})
