import { describe, expect, test } from 'vitest'
import { encodeAccountBody, type AccountBody } from '#protocol/account-log.ts'
import { deviceOf, hasEndedBy, mayAuthorAt, standingOf } from '#protocol/account-lookups.ts'
import { accountRules } from '#protocol/account-rules.ts'
import { appendAccountEntry, verifyAccountLog, type AccountDevice } from '#protocol/account-state.ts'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { idHashOf } from '#protocol/ids.ts'
import { chainHash, noHash } from '#protocol/log-entry.ts'
import { nodeHash, nodeVerify } from '../../support/crypto-ports.ts'
import {
	problemOf,
	AccountStory,
	actor,
	byDevice,
	byMethod,
	bytesOf,
	certificateOf,
	hour,
	keysOf,
	methodOf,
	rekeyOf,
	signedBy,
	startOfStory,
	type Actor,
} from '../../support/log-actors.ts'

const ports = { hash: nodeHash, verify: nodeVerify }
const phone = actor('alice phone')
const thief = actor('thief')

describe('create', () => {
	test('[ACC1] the account is the hash of the create body, and the log begins with it', async () => {
		const alice = new AccountStory('alice')
		const state = await alice.state()
		expect(state.idHash).toEqual(idHashOf(nodeHash, alice.entries[0]!.body))
		expect(state.head).toEqual({ seq: 0, hash: chainHash(nodeHash, noHash, { seq: 0, body: alice.entries[0]!.body }) })
		expect([...state.devices.keys()]).toEqual([bytesToBase64url(alice.laptop.deviceId)])
		expect(state.methods.map(({ kind, rank }) => [kind, rank])).toEqual([
			['password', 2],
			['recovery', 3],
		])
	})

	test('[ACC1] a log that is empty, begins otherwise, or creates twice is refused', async () => {
		expect(await verifyAccountLog({ entries: [], ...ports })).toEqual({ ok: false, error: { type: 'empty' } })
		const alice = new AccountStory('alice').addDevice(phone, byMethod(new AccountStory('alice').password))
		expect(await verifyAccountLog({ entries: alice.entries.slice(1), ...ports })).toMatchObject({
			error: { type: 'misplaced', seq: 0 },
		})
		const twice = new AccountStory('alice')
		const again = twice.place({
			type: 'create',
			akHash: bytesOf('ak'),
			methods: [methodOf('password', thief)],
			device: keysOf(thief),
			vk: { gen: 1, commit: bytesOf('vk') },
			random: bytesOf('random', 16),
		})
		expect(await problemOf(twice.append(again, [byMethod(thief)]))).toEqual({ type: 'misplaced', seq: 1 })
	})

	test('[ACC2] each key that create brings signs it: method, device, certificate', async () => {
		const alice = new AccountStory('alice')
		const [entry] = alice.entries
		for (const missing of entry!.signatures) {
			const entries = [{ ...entry!, signatures: entry!.signatures.filter((one) => one !== missing) }]
			expect(await verifyAccountLog({ entries, ...ports })).toMatchObject({ error: { type: 'wrong-signers', seq: 0 } })
		}
	})

	test('[ACC2] a signature by the right key over other bytes is refused', async () => {
		const [entry] = new AccountStory('alice').entries
		for (let i = 0; i < 4; i++) {
			const signatures = entry!.signatures.map((one, at) => (at === i ? { ...one, signature: bytesOf('x', 64) } : one))
			const result = await verifyAccountLog({ entries: [{ ...entry!, signatures }], ...ports })
			expect(result).toEqual({ ok: false, error: { type: 'bad-signature', seq: 0 } })
		}
	})

	const createWith = (change: Partial<Extract<AccountBody, { type: 'create' }>>, methods: readonly Actor[]) => {
		const alice = new AccountStory('alice')
		const body = encodeAccountBody({
			type: 'create',
			seq: 0,
			previous: noHash,
			time: startOfStory,
			akHash: bytesOf('ak'),
			methods: methods.map((key) => methodOf('password', key)),
			device: keysOf(alice.laptop),
			vk: { gen: 1, commit: bytesOf('vk') },
			random: bytesOf('random', 16),
			...change,
		})
		const certificate = certificateOf(idHashOf(nodeHash, body), alice.laptop)
		const signers = [...new Set(methods)].map(byMethod)
		return verifyAccountLog({ entries: [signedBy(body, [...signers, byDevice(alice.laptop), certificate])], ...ports })
	}

	test('[ACC4] create draws the first VK', async () => {
		const vk = { gen: 2, commit: bytesOf('vk') }
		expect(await createWith({ vk }, [actor('p')])).toMatchObject({ error: { type: 'rule', rule: 'ACC4' } })
		expect((await createWith({}, [actor('p')])).ok).toBe(true)
	})

	test('[ACC5] an account without method, or with one key in two methods, is refused', async () => {
		expect(await createWith({}, [])).toMatchObject({ error: { type: 'rule', rule: 'ACC5' } })
		const twice = [methodOf('password', actor('p')), { ...methodOf('passkey', actor('p')), kemHash: bytesOf('k') }]
		expect(await createWith({ methods: twice }, [actor('p')])).toMatchObject({ error: { type: 'rule', rule: 'ACC5' } })
	})
})

describe('position and time', () => {
	test('[LOG3] an entry names its position and the hash before it', async () => {
		const alice = new AccountStory('alice')
		const good = { type: 'retireDevice', seq: 1, previous: alice.entries[0]!.body.slice(0, 32) } as const
		const body = encodeAccountBody({ ...good, time: startOfStory + hour, device: alice.laptop.deviceId })
		expect(await problemOf(alice.append(body, [byDevice(alice.laptop)]))).toEqual({ type: 'misplaced', seq: 1 })
	})

	test('[LOG3] an entry does not stand twice, nor in another log', async () => {
		const alice = new AccountStory('alice').addDevice(phone, byMethod(actor('alice password')))
		alice.entries.push(alice.entries[1]!)
		expect(await problemOf(alice)).toEqual({ type: 'misplaced', seq: 2 })
		const bob = new AccountStory('bob')
		bob.entries.push(new AccountStory('alice').addDevice(phone, byMethod(actor('alice password'))).entries[1]!)
		expect(await problemOf(bob)).toEqual({ type: 'misplaced', seq: 1 })
	})

	test('[ACC6] times never fall', async () => {
		const alice = new AccountStory('alice')
		expect(await problemOf(alice.addDevice(phone, byMethod(alice.password), startOfStory))).toEqual({
			type: 'rule',
			seq: 1,
			rule: 'ACC6',
		})
	})

	test('[LOG6] bytes that are no entry stop the log where they stand', async () => {
		const alice = new AccountStory('alice')
		alice.entries.push({ body: bytesOf('noise'), signatures: [] })
		expect(await problemOf(alice)).toMatchObject({ type: 'malformed', seq: 1 })
	})

	test('[LOG1] signing an entry anew changes no id and no hash', async () => {
		const alice = new AccountStory('alice')
		const body = alice.place({ type: 'addDevice', device: keysOf(phone), boxHash: bytesOf('box') })
		const certificate = certificateOf(alice.idHash, phone)
		const [one, two] = [byMethod(alice.password), byMethod(alice.code)].map((by) => signedBy(body, [by, certificate]))
		const states = await Promise.all(
			[one!, two!].map((entry) => verifyAccountLog({ entries: [alice.entries[0]!, entry], ...ports })),
		)
		expect(states[0]).toMatchObject({ ok: true })
		expect(states[0]!.ok && states[0]!.value.head).toEqual(states[1]!.ok && states[1]!.value.head)
	})
})

describe('what is built later', () => {
	const later: readonly Parameters<AccountStory['place']>[0][] = [
		{ type: 'end', action: {}, proposal: null },
		{ type: 'propose', action: { type: 'end' } },
		{ type: 'resolveFork', dropped: [{ seq: 1, hash: bytesOf('other') }] },
		{ type: 'revokeDevice', action: { devices: [actor('alice laptop').deviceId], rekey: rekeyOf(1) }, proposal: 0 },
	]

	test.each(later.map((body) => [body.type, body] as const))(
		'[LOG7] %s is refused with a code of its own',
		async (entry, body) => {
			const alice = new AccountStory('alice')
			alice.append(alice.place(body), [byMethod(alice.code)])
			expect(await problemOf(alice)).toEqual({ type: 'unsupported-entry', seq: 1, entry })
		},
	)
})

describe('appending and asking', () => {
	test('[LOG8] an entry appended to a verified state gives the state of the whole log', async () => {
		const alice = new AccountStory('alice')
		const before = await alice.state()
		alice.addDevice(phone, byMethod(alice.password)).revoke([phone], byMethod(alice.code))
		const one = await appendAccountEntry(before, alice.entries[1]!, ports)
		const two = one.ok ? await appendAccountEntry(one.value, alice.entries[2]!, ports) : one
		expect(two).toEqual(await alice.verify())
		expect(before).toEqual(await new AccountStory('alice').state())
	})

	test('[LOG8] an entry whose signature does not verify is not appended', async () => {
		const alice = new AccountStory('alice')
		const state = await alice.state()
		const { entries } = alice.addDevice(phone, byMethod(alice.password))
		const signatures = entries[1]!.signatures.map((one) => ({ ...one, signature: bytesOf('x', 64) }))
		const result = await appendAccountEntry(state, { ...entries[1]!, signatures }, ports)
		expect(result).toEqual({ ok: false, error: { type: 'bad-signature', seq: 1 } })
	})

	test('[DEV4] a device may author until the head that a conversation names has ended it', async () => {
		const alice = new AccountStory('alice').addDevice(phone, byMethod(actor('alice password')))
		const state = await alice.revoke([phone], byMethod(alice.code)).state()
		const device = deviceOf(state, phone.deviceId) as AccountDevice
		expect([-1, 0, 1, 2, 3].map((accSeq) => mayAuthorAt(device, accSeq))).toEqual([true, true, true, false, false])
		expect(deviceOf(state, thief.deviceId)).toBeNull()
	})

	test('[CNV11] a head is in the log, not in it, or beyond what is known', async () => {
		const state = await new AccountStory('alice').state()
		const hash16 = state.head.hash.slice(0, 16)
		expect(standingOf(state, { seq: 0, hash16 })).toBe('in')
		expect(standingOf(state, { seq: 0, hash16: bytesOf('x', 16) })).toBe('not-in')
		expect(standingOf(state, { seq: 1, hash16 })).toBe('beyond')
	})

	test('[ENT4] a device has ended by the signed time of the entry that ended it', async () => {
		const alice = new AccountStory('alice').retire(actor('alice laptop'))
		const state = await alice.state()
		const device = deviceOf(state, alice.laptop.deviceId) as AccountDevice
		const time = state.times[1] as number
		expect([time - 1, time].map((at) => hasEndedBy(state, device, at))).toEqual([false, true])
	})
})

test('[ACC10] every rule of the table has an id and one sentence', () => {
	for (const { rule, sentence } of Object.values(accountRules).flat()) {
		expect(rule).toMatch(/^(ACC|DEV)\d+$/)
		expect(sentence).toMatch(/^[A-Z].*\.$/)
	}
})
