import { describe, expect, test } from 'vitest'
import type { Bytes } from '#protocol/bytes.ts'
import { type ConversationBody } from '#protocol/conversation-log.ts'
import { boxesDue, cutsOver } from '#protocol/conversation-lookups.ts'
import { entryRules } from '#protocol/conversation-rules.ts'
import { directStory, problemOf, refsOf, type DirectStory } from '../../support/direct-story.ts'
import { type AccountStory, accountRef, actor, byMethod, bytesOf, epochOf } from '../../support/log-actors.ts'

const phone = actor('alice phone')
describe('epochs', () => {
	test('[EPO2] a rotate makes the next epoch: of two, the first sequenced wins', async () => {
		const story = await directStory()
		await story.rotate(2)
		await story.rotate(2, { epoch: { ...epochOf(2), commit: bytesOf('other') } })
		expect(await problemOf(story)).toEqual({ type: 'rule', seq: 3, rule: 'EPO2' })
		const skipping = await directStory()
		await skipping.rotate(3)
		expect(await problemOf(skipping)).toMatchObject({ rule: 'EPO2' })
	})

	test('[EPO3] a rotate made before a cut is refused, because the revoked device knew it was coming', async () => {
		const story = await directStory()
		await cutOfPhone(story)
		await story.rotate(2, story.log.based(story.alice, story.alice.laptop, 1))
		expect(await problemOf(story)).toMatchObject({ rule: 'EPO3' })
	})

	test('[EPO4] an epoch after the first leads back to an earlier one where history is shared', async () => {
		const backs = [null, { ...epochOf(2).back!, m: 2 }, { ...epochOf(2).back!, m: 0 }]
		for (const back of backs) {
			const story = await directStory()
			await story.rotate(2, { epoch: { ...epochOf(2), back } })
			expect(await problemOf(story)).toMatchObject({ seq: 2, rule: 'EPO4' })
		}
		const past = await directStory()
		await past.rotate(2)
		await past.rotate(3, { epoch: { ...epochOf(3), back: { ...epochOf(3).back!, m: 1 } } })
		expect(await problemOf(past)).toBeNull()
	})

	test('[EPO4] and to none where it is not', async () => {
		const [rule] = entryRules.rotate.filter(({ rule }) => rule === 'EPO4')
		const { log, accounts, alice } = await directStory()
		const shared = await log.state(await accounts())
		const state = { ...shared, policy: { ...shared.policy, history: 'from-join' as const } }
		const holds = (epoch: ReturnType<typeof epochOf>) => {
			const body = { type: 'rotate' as const, ...log.based(alice), epoch, acc: [] }
			return rule!.holds({ state, seq: 2, body, role: 'member', accounts: new Map(), link: null })
		}
		expect([holds(epochOf(2)), holds({ ...epochOf(2), back: null })]).toEqual([false, true])
	})

	test('[EPO1] readers rotate nothing', async () => {
		const { log, accounts, alice } = await directStory()
		const state = await log.state(await accounts())
		const body = { type: 'rotate' as const, ...log.based(alice), epoch: epochOf(2), acc: [] }
		const allowed = (['owner', 'admin', 'member', 'reader', null] as const).filter((role) =>
			entryRules.rotate[0]!.holds({ state, seq: 2, body, role, accounts: new Map(), link: null }),
		)
		expect(allowed).toEqual(['owner', 'admin', 'member'])
	})

	test('[EPO6] every member is due a box, at the AK that the log names last', async () => {
		const { alice, bob, log, rotate, accounts } = await directStory()
		bob.addDevice(phone, byMethod(bob.password)).revoke([phone], byMethod(bob.password))
		await rotate(2)
		const due = boxesDue(await log.state(await accounts()))
		expect(due).toHaveLength(2)
		expect(due).toContainEqual({ idHash: alice.idHash, g: 0 })
		expect(due).toContainEqual({ idHash: bob.idHash, g: 1 })
	})
})

/** Alice's phone is added and revoked, and her laptop cuts it at seq 2. */
async function cutOfPhone(
	{ alice, log }: DirectStory,
	change: Partial<Extract<ConversationBody, { type: 'cut' }>> = {},
) {
	alice.addDevice(phone, byMethod(alice.password)).revoke([phone], byMethod(alice.code))
	const acc = [accountRef(await alice.state())]
	const cut = { account: alice.idHash, devices: [phone.deviceId], acc, cut: bytesOf('cut') }
	log.append({ type: 'cut', ...log.based(alice), ...cut, ...change }, alice.laptop)
}

describe('cut', () => {
	test('[CNV16] a cut judges items placed before it, of the devices that it names', async () => {
		const story = await directStory()
		await cutOfPhone(story)
		const state = await story.log.state(await story.accounts())
		const over = (account: AccountStory, device: Bytes, logSeq: number) =>
			cutsOver(state, { account: account.idHash, device, logSeq }).map(({ seq }) => seq)
		expect(over(story.alice, phone.deviceId, 1)).toEqual([2])
		expect(over(story.alice, phone.deviceId, 2)).toEqual([])
		expect(over(story.alice, story.alice.laptop.deviceId, 1)).toEqual([])
		expect(over(story.bob, phone.deviceId, 1)).toEqual([])
	})

	test('[CNV14] nobody cuts the devices of another in a direct conversation', async () => {
		const story = await directStory()
		const { bob, log } = story
		bob.addDevice(phone, byMethod(bob.password)).revoke([phone], byMethod(bob.password))
		const acc = [accountRef(await bob.state())]
		const cut = { account: bob.idHash, devices: [phone.deviceId], acc, cut: bytesOf('cut') }
		log.append({ type: 'cut', ...log.based(story.alice), ...cut }, story.alice.laptop)
		expect(await problemOf(story)).toMatchObject({ rule: 'CNV14' })
	})

	test('[CNV15] a cut names devices that have ended at the head in its acc, and no others', async () => {
		const changes = [
			async (alice: AccountStory) => ({ devices: [phone.deviceId, alice.laptop.deviceId] }),
			async () => ({ devices: [] }),
			async () => ({ devices: [actor('stranger').deviceId] }),
			async () => ({ acc: [] }),
		]
		const rules = []
		for (const change of changes) {
			const story = await directStory()
			const wrong = await change(story.alice)
			if ('devices' in wrong) wrong.devices?.sort(Buffer.compare)
			await cutOfPhone(story, wrong)
			rules.push(await problemOf(story))
		}
		expect(rules).toMatchObject([{ rule: 'CNV14' }, { rule: 'CNV15' }, { rule: 'CNV15' }, { rule: 'CNV15' }])
	})

	test('[CNV15] a cut names no second account', async () => {
		const story = await directStory()
		story.alice.addDevice(phone, byMethod(story.alice.password)).revoke([phone], byMethod(story.alice.code))
		const acc = refsOf(await Promise.all([story.alice.state(), story.bob.state()]))
		const cut = { account: story.alice.idHash, devices: [phone.deviceId], acc, cut: bytesOf('cut') }
		story.log.append({ type: 'cut', ...story.log.based(story.alice), ...cut }, story.alice.laptop)
		expect(await problemOf(story)).toMatchObject({ rule: 'CNV15' })
	})

	test('[CNV15] a device that was live at the head in acc is not cut', async () => {
		const story = await directStory()
		const { alice } = story
		alice.addDevice(phone, byMethod(alice.password))
		const acc = [accountRef(await alice.state())]
		const body = { account: alice.idHash, devices: [phone.deviceId], acc, cut: bytesOf('cut') }
		alice.revoke([phone], byMethod(alice.code))
		story.log.append({ type: 'cut', ...story.log.based(alice), ...body }, alice.laptop)
		expect(await problemOf(story)).toMatchObject({ rule: 'CNV15' })
	})
})
