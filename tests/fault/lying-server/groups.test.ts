/**
 * A server that lies about a group: two histories of its log, entries and boxes that it keeps back, and what somebody wrote who
 * was removed. Bob believes his own verified log, writes nothing past what he knows to be missing, and is told.
 */
import { expect, test } from 'vitest'
import { basedEntry } from '#crypto/membership-builder.ts'
import { sealTitle } from '#crypto/title-seal.ts'
import { hlcOf } from '#protocol/hlc.ts'
import type { SignedEntry } from '#protocol/log-entry.ts'
import { epochUntil, groupUntil } from '#tests/support/groups.ts'
import { messagesUntil, must, now, textOf, until } from '#tests/support/watching.ts'
import { entryText, groupOfThree, whyNot, type GroupOfThree } from './group-of-three.ts'

const patience = { timeout: 120_000 }

const has = (text: string) => (all: Parameters<Parameters<typeof messagesUntil>[2]>[0]) =>
	all.some((one) => textOf(one) === text)

/** A name for the group by Carol's own hand, on the head that she knows. */
async function namedByCarol({ carol, members }: GroupOfThree, name: string): Promise<SignedEntry> {
	const { idHash } = carol.person.account
	const sealed = await sealTitle(carol.crypto, members.keys, {
		author: idHash,
		title: { name, topic: '', picture: null },
	})
	const author = { idHash, device: carol.person.device, now: Date.now() }
	const built = await basedEntry(carol.crypto, { author, head: members.state.head }, { type: 'title', n: 1, ...sealed })
	return built.entry
}

async function aliceWrites({ alice, group }: GroupOfThree, text: string): Promise<void> {
	must(await alice.api.post({ conversation: group, text }))
	await messagesUntil(alice.api, group, (all) => all.some((one) => textOf(one) === text && one.mark !== 'queued'))
}

/** Bob has seen what Alice said last, and so all that was said before it. */
async function bobLooks(told: GroupOfThree, text: string): Promise<readonly string[]> {
	await aliceWrites(told, text)
	return (await messagesUntil(told.bob.api, told.group, has(text))).map(textOf)
}

async function removeCarol({ alice, carol, group }: GroupOfThree): Promise<void> {
	must(await alice.api.removeMembers({ conversation: group, accounts: [carol.person.id] }))
	await epochUntil(alice, group, 2)
}

test(
	'[LOG14][CHK8] two histories of a group: the first message says so, and the heads of both prove it',
	patience,
	async () => {
		const told = await groupOfThree()
		const { alice, bob, carol, group, members, line } = told
		const { head } = members.state
		const shown = await namedByCarol(told, 'Another')
		line.lie(told.keptAt(head))
		line.tell({
			t: 'conversation',
			conversation: group,
			from: head.seq + 1,
			entries: [entryText(shown)],
			head: told.headOver(head, shown),
		})
		await groupUntil(bob, group, ({ name }) => name === 'Another')
		expect((await now(bob.api, 'conversation', group))?.otherHistory).toEqual([])
		must(await alice.api.renameGroup({ conversation: group, name: 'True', topic: '' }))
		await bobLooks(told, 'from the other side')
		const noted = await until(bob.api, {
			view: 'conversation',
			of: group,
			is: (view) => view?.otherHistory.length === 1,
		})
		expect(noted?.otherHistory.map(({ account }) => account)).toEqual([alice.account])
		expect(whyNot(noted)).toBe(null)
		line.truth()
		await until(bob.api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
		must(await alice.api.renameGroup({ conversation: group, name: 'True again', topic: '' }))
		await until(bob.api, { view: 'conversation', of: group, is: (view) => whyNot(view) === 'forked' })
		must(await bob.api.post({ conversation: group, text: 'to whom?' }))
		const again = await told.reopened()
		const view = await until(again, { view: 'conversation', of: group, is: (one) => whyNot(one) === 'forked' })
		expect(view?.messages.at(-1)?.mark).toBe('queued')
		expect(view?.otherHistory.map(({ account }) => account)).toEqual([alice.account])
		expect(carol.person.id).not.toBe(alice.account)
	},
)

test(
	'[EPO10] a rotation that is kept back is noticed by what is written after it: nothing goes out under the key before',
	patience,
	async () => {
		const told = await groupOfThree()
		const { alice, bob, group, members, line } = told
		const { head } = members.state
		const went: unknown[] = []
		const swallows = (word: { guid: string; message: { type: string; items?: readonly unknown[] } }) => {
			if (word.guid.startsWith(members.guid().slice(0, -2)) && word.message.type === 'update')
				went.push(...(word.message.items ?? []))
			return false
		}
		line.lie({ ...told.keptAt(head), swallows })
		await removeCarol(told)
		await aliceWrites(told, 'without Carol')
		await until(bob.api, { view: 'conversation', of: group, is: (view) => whyNot(view) === 'preparing' })
		must(await bob.api.post({ conversation: group, text: 'nor with her' }))
		await told.lookedAt('lies on')
		expect((await messagesUntil(bob.api, group, has('nor with her'))).map(({ mark }) => mark)).toEqual(['queued'])
		expect(went).toEqual([])
		line.truth()
		await messagesUntil(alice.api, group, has('nor with her'))
		expect((await messagesUntil(bob.api, group, has('without Carol'))).map(textOf)).toEqual([
			'without Carol',
			'nor with her',
		])
		expect(
			(await groupUntil(bob, group, ({ epoch }) => epoch === 2)).members.map(({ account }) => account).sort(),
		).toEqual([alice.account, bob.account].sort())
		await told.afterwards()
	},
)

test('[CNV33] another name of the group: spoilt, older, or by nobody who may', patience, async () => {
	const told = await groupOfThree()
	const { alice, bob, group, members, line } = told
	const { head } = members.state
	must(await alice.api.renameGroup({ conversation: group, name: 'The newest', topic: '' }))
	await groupUntil(bob, group, ({ name }) => name === 'The newest')
	const { body, signatures } = await namedByCarol(told, 'Forged')
	const spoilt = body.slice()
	spoilt[spoilt.length - 1]! ^= 1
	const at = (await now(alice.api, 'group', group)) === null ? head.seq : head.seq + 2
	for (const entry of [
		{ body: spoilt, signatures },
		{ body, signatures: signatures.map((one) => ({ ...one, signature: one.signature.map((byte) => byte ^ 1) })) },
	])
		line.tell({
			t: 'conversation',
			conversation: group,
			from: at,
			entries: [entryText(entry)],
			head: told.headOver(head, entry),
		})
	line.tell({ t: 'conversation', conversation: group, from: 0, entries: [], head: told.headOver(head) })
	await bobLooks(told, 'what is it called?')
	expect((await now(bob.api, 'group', group))?.name).toBe('The newest')
	await told.afterwards()
})

test(
	'[EPO10] a box that is kept back: he is told that the key is missing, writes nothing, and reads it all when it comes',
	patience,
	async () => {
		const told = await groupOfThree()
		const { alice, bob, group, line } = told
		line.lie({
			http: (path, answer) => (path === `/conversations/${group}/log` ? { ...(answer as object), boxes: [] } : answer),
		})
		await removeCarol(told)
		await aliceWrites(told, 'locked')
		await until(bob.api, { view: 'conversation', of: group, is: (view) => whyNot(view) === 'preparing' })
		const [closed] = await messagesUntil(bob.api, group, ({ length }) => length === 1)
		expect(closed?.content).toEqual({ type: 'unreadable', why: 'fetching-key' })
		must(await bob.api.post({ conversation: group, text: 'answered' }))
		await told.lookedAt('lies on')
		line.truth()
		await messagesUntil(alice.api, group, has('answered'))
		expect((await messagesUntil(bob.api, group, has('locked'))).map(textOf)).toEqual(['locked', 'answered'])
		await told.afterwards()
	},
)

test(
	'[CNV16][CHK12] what somebody writes who was removed, passed on after his remove: as of now, and as of before',
	patience,
	async () => {
		const told = await groupOfThree()
		const { bob, carol, group, members } = told
		await bobLooks(told, 'before')
		expect(await carol.upload(members.guid(), [await carol.item(members, { text: 'while she was in' })])).toMatchObject(
			[{ verdict: 'accept' }],
		)
		await messagesUntil(bob.api, group, has('while she was in'))
		await removeCarol(told)
		await epochUntil(bob, group, 2)
		for (const lie of [{ text: 'after' }, { text: 'as if before', hlc: hlcOf(Date.now() - 3_600_000) }])
			told.passesOn(await carol.item(members, { ...lie, place: { clock: 1 } }))
		expect(await bobLooks(told, 'still we')).toEqual(['before', 'while she was in', 'still we'])
		await told.afterwards()
	},
)

test('[CNV16] passed on before he hears of the remove: it is gone when he does', patience, async () => {
	const told = await groupOfThree()
	const { bob, carol, group, members, line } = told
	await bobLooks(told, 'before')
	line.lie(told.keptAt(members.state.head))
	await removeCarol(told)
	told.passesOn(await carol.item(members, { text: 'late', hlc: hlcOf(Date.now() - 3_600_000) }))
	await messagesUntil(bob.api, group, has('late'))
	line.truth()
	await epochUntil(bob, group, 2)
	await messagesUntil(bob.api, group, (all) => JSON.stringify(all.map(textOf)) === '["before"]')
	const again = await told.reopened()
	expect((await messagesUntil(again, group, ({ length }) => length > 0)).map(textOf)).toEqual(['before'])
})
