import { describe, expect, test } from 'vitest'
import { problemOf, directStory } from '../../support/direct-story.ts'
import {
	AccountStory,
	accountRef,
	actor,
	byMethod,
	bytesOf,
	ConversationStory,
	epochOf,
	lookupOf,
} from '../../support/log-actors.ts'

const phone = actor('alice phone')
describe('authors', () => {
	test('[CNV7] only a member writes entries, judged at the position before', async () => {
		const story = await directStory()
		const eve = new AccountStory('eve')
		await story.rotate(2, { author: eve.idHash, device: eve.laptop.deviceId })
		story.log.entries[2] = new ConversationStory().append(
			{ type: 'rotate', ...story.log.based(eve, eve.laptop, 1), epoch: epochOf(2), acc: [] },
			eve.laptop,
		).entries[0]!
		const states = await Promise.all([story.alice, story.bob, eve].map((one) => one.state()))
		expect(await problemOf({ log: story.log, accounts: async () => lookupOf(states) })).toEqual({
			type: 'rule',
			seq: 2,
			rule: 'CNV7',
		})
	})

	test('[CNV8] a revoked device writes nothing once the conversation names the revocation', async () => {
		const { alice, bob, log, rotate, accounts } = await directStory()
		alice.addDevice(phone, byMethod(alice.password))
		await rotate(2)
		log.append({ type: 'rotate', ...log.based(alice, phone), epoch: epochOf(3), acc: [] }, phone)
		expect(await problemOf({ log, accounts })).toBeNull()
		alice.revoke([phone], byMethod(alice.code))
		expect(await problemOf({ log, accounts })).toBeNull()
		await rotate(4)
		log.append({ type: 'rotate', ...log.based(alice, phone), epoch: epochOf(5), acc: [] }, phone)
		expect(await problemOf({ log, accounts })).toEqual({ type: 'rule', seq: 5, rule: 'CNV8' })
		expect(bob.entries).toHaveLength(1)
	})

	test('[CNV8] what an entry itself names of its author counts for it', async () => {
		const { alice, log, accounts } = await directStory()
		alice.addDevice(phone, byMethod(alice.password)).revoke([phone], byMethod(alice.code))
		const acc = [accountRef(await alice.state())]
		log.append({ type: 'rotate', ...log.based(alice, phone), epoch: epochOf(2), acc }, phone)
		expect(await problemOf({ log, accounts })).toEqual({ type: 'rule', seq: 2, rule: 'CNV8' })
	})

	test('[CNV13] an unknown account or device puts the entry on hold', async () => {
		const { alice, bob, log, accounts } = await directStory()
		const onlyBob = lookupOf([await bob.state()])
		const unknown = { type: 'hold', seq: 0, account: alice.idHash, accSeq: null }
		expect(await problemOf({ log, accounts: async () => onlyBob })).toEqual(unknown)
		log.append({ type: 'rotate', ...log.based(alice, phone), epoch: epochOf(2), acc: [] }, phone)
		expect(await problemOf({ log, accounts })).toEqual({ ...unknown, seq: 2 })
	})

	test('[LOG4] an entry is signed by its author’s device and by nobody else', async () => {
		const { alice, bob, log, accounts } = await directStory()
		log.append({ type: 'rotate', ...log.based(alice), epoch: epochOf(2), acc: [] }, bob.laptop)
		expect(await problemOf({ log, accounts })).toMatchObject({ type: 'wrong-signers', seq: 2 })
		const both = await directStory()
		const entry = both.log.entries[1]!
		both.log.entries[1] = { ...entry, signatures: [...entry.signatures, ...log.entries[2]!.signatures] }
		expect(await problemOf(both)).toMatchObject({ type: 'wrong-signers', seq: 1 })
	})

	test('[LOG8] a signature that does not verify stops the log where it stands, before what comes later', async () => {
		const story = await directStory()
		const entry = story.log.entries[1]!
		story.log.entries[1] = { ...entry, signatures: [{ ...entry.signatures[0]!, signature: bytesOf('x', 64) }] }
		story.log.entries.push({ body: bytesOf('noise'), signatures: [] })
		expect(await problemOf(story)).toEqual({ type: 'bad-signature', seq: 1 })
	})
})

describe('account heads in acc', () => {
	const named = async (change: object) => {
		const story = await directStory()
		story.bob.addDevice(actor('bob phone'), byMethod(story.bob.password))
		const known = await story.accounts()
		const acc = [{ ...accountRef(await story.bob.state()), ...change }]
		await story.rotate(2, { acc })
		return { problem: await problemOf({ log: story.log, accounts: async () => known }), bob: story.bob }
	}

	test('[CNV10] accSeq never falls', async () => {
		const story = await directStory()
		const old = accountRef(await story.bob.state())
		story.bob.addDevice(actor('bob phone'), byMethod(story.bob.password))
		await story.rotate(2)
		await story.rotate(3, { acc: [old] })
		expect(await problemOf(story)).toEqual({ type: 'rule', seq: 3, rule: 'CNV10' })
	})

	test('[CNV11] a head that is not in the log, or not with that g, makes the entry invalid', async () => {
		expect((await named({})).problem).toBeNull()
		expect((await named({ hash16: bytesOf('x', 16) })).problem).toMatchObject({ rule: 'CNV11' })
		expect((await named({ g: 1 })).problem).toMatchObject({ rule: 'CNV11' })
	})

	test('[CNV13] a head beyond the known log puts the entry on hold', async () => {
		const { problem, bob } = await named({ seq: 9 })
		expect(problem).toEqual({ type: 'hold', seq: 2, account: bob.idHash, accSeq: 9 })
	})

	test('[CNV12] a rotate names members only', async () => {
		const story = await directStory()
		const eve = await new AccountStory('eve').state()
		await story.rotate(2, { acc: [accountRef(eve)] })
		const states = [await story.alice.state(), await story.bob.state(), eve]
		const accounts = async () => lookupOf(states)
		expect(await problemOf({ log: story.log, accounts })).toMatchObject({ rule: 'CNV12' })
	})
})
