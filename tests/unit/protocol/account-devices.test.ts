import { describe, expect, test } from 'vitest'
import { accountKeyAt, deviceOf } from '#protocol/account-lookups.ts'
import { appendAccountEntry } from '#protocol/account-state.ts'
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
	rekeyOf,
	startOfStory,
	type Actor,
} from '../../support/log-actors.ts'

const ports = { hash: nodeHash, verify: nodeVerify }
const phone = actor('alice phone')
const thief = actor('thief')

describe('addDevice', () => {
	test('[ACC13] a method key or a live device adds a device', async () => {
		for (const by of [
			byMethod(actor('alice password')),
			byMethod(actor('alice code')),
			byDevice(actor('alice laptop')),
		]) {
			const state = await new AccountStory('alice').addDevice(phone, by).state()
			expect(deviceOf(state, phone.deviceId)).toMatchObject({
				certifiedAt: 1,
				ended: null,
				byDevice: by.kind === 'device',
			})
		}
	})

	test('[ACC13] a stranger, the new device itself, and a device that ended add nothing', async () => {
		for (const by of [byMethod(thief), byDevice(thief), byDevice(phone)]) {
			expect(await problemOf(new AccountStory('alice').addDevice(phone, by))).toMatchObject({
				type: 'wrong-signers',
				seq: 1,
			})
		}
		const alice = new AccountStory('alice')
		alice.addDevice(phone, byMethod(alice.password)).retire(phone).addDevice(actor('tablet'), byDevice(phone))
		expect(await problemOf(alice)).toMatchObject({ type: 'wrong-signers', seq: 3 })
	})

	test('[ACC13] a certificate alone adds nothing', async () => {
		const alice = new AccountStory('alice')
		const body = alice.place({ type: 'addDevice', device: keysOf(phone), boxHash: bytesOf('box') })
		alice.append(body, [certificateOf(alice.idHash, phone)])
		expect(await problemOf(alice)).toMatchObject({ type: 'wrong-signers', seq: 1 })
	})

	test('[LOG4] one signature too many makes the entry invalid', async () => {
		const alice = new AccountStory('alice')
		const body = alice.place({ type: 'addDevice', device: keysOf(phone), boxHash: bytesOf('box') })
		alice.append(body, [byMethod(alice.password), byMethod(alice.code), certificateOf(alice.idHash, phone)])
		expect(await problemOf(alice)).toMatchObject({ type: 'wrong-signers', seq: 1 })
	})

	test('[DEV1] a device certifies its own keys for one account', async () => {
		const alice = new AccountStory('alice')
		const body = alice.place({ type: 'addDevice', device: keysOf(phone), boxHash: bytesOf('box') })
		const forBob = certificateOf(new AccountStory('bob').idHash, phone)
		expect(await problemOf(alice.append(body, [byMethod(alice.password), forBob]))).toEqual({
			type: 'bad-signature',
			seq: 1,
		})
	})

	test('[DEV2] nobody adds a device that did not certify itself', async () => {
		const alice = new AccountStory('alice')
		const body = alice.place({ type: 'addDevice', device: keysOf(phone), boxHash: bytesOf('box') })
		expect(await problemOf(alice.append(body, [byMethod(alice.password)]))).toMatchObject({ type: 'wrong-signers' })
	})

	test('[DEV3] a device stands once, also after it was revoked', async () => {
		const alice = new AccountStory('alice')
		alice.addDevice(phone, byMethod(alice.password)).revoke([phone], byMethod(alice.password))
		expect(await problemOf(alice.addDevice(phone, byMethod(alice.password)))).toEqual({
			type: 'rule',
			seq: 3,
			rule: 'DEV3',
		})
	})

	test('[DEV5] sixteen devices are live at most, ended ones not counted', async () => {
		const alice = new AccountStory('alice')
		for (let i = 1; i < 16; i++) alice.addDevice(actor(`device ${i}`), byMethod(alice.password))
		expect((await alice.verify()).ok).toBe(true)
		alice.retire(actor('device 3')).addDevice(actor('device 16'), byMethod(alice.password))
		expect((await alice.verify()).ok).toBe(true)
		alice.addDevice(actor('device 17'), byMethod(alice.password))
		expect(await problemOf(alice)).toMatchObject({ rule: 'DEV5' })
	})

	test('[DEV6] devices add two devices within 24 hours, methods any number', async () => {
		const alice = new AccountStory('alice')
		const at = (hours: number) => startOfStory + hours * hour
		alice.addDevice(actor('d1'), byDevice(alice.laptop), at(2)).addDevice(actor('d2'), byDevice(actor('d1')), at(3))
		alice.addDevice(actor('d3'), byMethod(alice.password), at(3))
		expect((await alice.verify()).ok).toBe(true)
		const early = await appendAccountEntry(
			await alice.state(),
			new AccountStory('alice')
				.addDevice(actor('d1'), byDevice(alice.laptop), at(2))
				.addDevice(actor('d2'), byDevice(actor('d1')), at(3))
				.addDevice(actor('d3'), byMethod(alice.password), at(3))
				.addDevice(actor('d4'), byDevice(alice.laptop), at(25)).entries[4]!,
			ports,
		)
		expect(early).toEqual({ ok: false, error: { type: 'rule', seq: 4, rule: 'DEV6' } })
		expect((await alice.addDevice(actor('d4'), byDevice(alice.laptop), at(26)).verify()).ok).toBe(true)
	})
})

describe('the end of a device', () => {
	test('[ACC11] a method key revokes devices, and the keys are drawn anew', async () => {
		const alice = new AccountStory('alice').addDevice(phone, byMethod(actor('alice password')))
		const state = await alice.revoke([phone], byMethod(alice.code)).state()
		expect(deviceOf(state, phone.deviceId)).toMatchObject({ ended: { seq: 2, how: 'revoked' }, revokedAt: 2 })
		expect(state.ak).toMatchObject({ g: 1, since: 2, keyHash: rekeyOf(1).akHash })
		expect(state.vk).toEqual({ ...rekeyOf(1).vk, since: 2 })
		expect([0, 1, 2].map((seq) => accountKeyAt(state, seq).g)).toEqual([0, 0, 1])
	})

	test('[ACC7] a device revokes none', async () => {
		const alice = new AccountStory('alice').addDevice(phone, byMethod(actor('alice password')))
		expect(await problemOf(alice.revoke([alice.laptop], byDevice(phone)))).toMatchObject({
			type: 'wrong-signers',
			seq: 2,
		})
	})

	test('[ACC11] an empty list, an unknown device, and one that is revoked already are refused', async () => {
		const refused = async (devices: readonly Actor[]) => {
			const alice = new AccountStory('alice').addDevice(phone, byMethod(actor('alice password')))
			alice.revoke([phone], byMethod(alice.password))
			return problemOf(alice.revoke(devices, byMethod(alice.password), 2))
		}
		for (const devices of [[], [thief], [phone]]) expect(await refused(devices)).toMatchObject({ rule: 'ACC11' })
	})

	test('[ACC12] a device retires itself once, and rotates nothing', async () => {
		const alice = new AccountStory('alice').retire(actor('alice laptop'))
		const state = await alice.state()
		expect(deviceOf(state, alice.laptop.deviceId)).toMatchObject({ ended: { seq: 1, how: 'retired' }, revokedAt: null })
		expect(state.ak.g).toBe(0)
		expect(await problemOf(alice.retire(alice.laptop))).toMatchObject({ rule: 'ACC12' })
	})

	test('[ACC12] none retires another', async () => {
		const alice = new AccountStory('alice').addDevice(phone, byMethod(actor('alice password')))
		const body = alice.place({ type: 'retireDevice', device: alice.laptop.deviceId })
		expect(await problemOf(alice.append(body, [byDevice(phone)]))).toMatchObject({ type: 'wrong-signers', seq: 2 })
	})

	test('[ACC11] a retired device may still be revoked, and ended when it retired', async () => {
		const alice = new AccountStory('alice').addDevice(phone, byMethod(actor('alice password'))).retire(phone)
		const state = await alice.revoke([phone], byMethod(alice.password)).state()
		expect(deviceOf(state, phone.deviceId)).toMatchObject({ ended: { seq: 2, how: 'retired' }, revokedAt: 3 })
	})
})
