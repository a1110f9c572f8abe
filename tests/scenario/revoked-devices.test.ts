import { expect, test } from 'vitest'
import { secretsOf, readableWith } from '../support/decryptor.ts'
import { epochUntil, groupOf } from '../support/groups.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, refusal, textOf, textsUntil, until } from '../support/watching.ts'
import { openDirect, post, writableUntil } from '../support/world.ts'

test('[A5][DEV8] a lost device is out at once, and reads nothing that is written after: in a group and between two', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	const group = await groupOf(alice, [[bob, 'member']])
	const direct = await openDirect(alice, bob)
	const laptop = await world.device('laptop')
	must(await laptop.api.signIn({ name: 'bob', password: bob.password }))
	await writableUntil(laptop, group)
	await post(laptop, group, 'from the laptop')
	await textsUntil(alice.api, group, ['from the laptop'])
	const session = await until(laptop.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-in' })
	const device = session.type === 'signed-in' ? session.device : ''
	const wrong = await bob.api.revokeDevices({ devices: [device], password: 'not the password at all' })
	expect(refusal(wrong)).toEqual({ type: 'server', code: 'wrong-credentials' })
	must(await bob.api.revokeDevices({ devices: [device], password: bob.password }))
	const ended = await until(laptop.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
	expect(ended).toMatchObject({ type: 'signed-out', why: 'device-ended' })
	await until(bob.api, {
		...{ view: 'devices', of: null },
		is: (devices) => devices.some((one) => one.device === device && one.ended),
	})
	await epochUntil(alice, group, 2)
	await epochUntil(bob, group, 2)
	await post(bob, group, 'without it')
	await textsUntil(alice.api, group, ['from the laptop', 'without it'])
	await writableUntil(bob, direct)
	await post(bob, direct, 'between us')
	await textsUntil(alice.api, direct, ['between us'])
	const lost = Object.assign(laptop, { password: bob.password, account: bob.account, words: bob.words })
	const thief = await secretsOf(lost, world.server.domain)
	expect(await readableWith(thief, world.server.domain, group)).toEqual(['from the laptop'])
	expect(await readableWith(thief, world.server.domain, direct)).toEqual([])
})

test('[A5] what stays goes on: another device opens the new vault, and a new one signs in', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	const group = await groupOf(alice, [[bob, 'member']])
	const [phone, laptop] = [await world.device('phone'), await world.device('laptop')]
	for (const device of [phone, laptop]) must(await device.api.signIn({ name: 'bob', password: bob.password }))
	const session = await until(laptop.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-in' })
	await writableUntil(phone, group)
	const device = session.type === 'signed-in' ? session.device : ''
	must(await bob.api.revokeDevices({ devices: [device], password: bob.password }))
	await epochUntil(phone, group, 2)
	await writableUntil(phone, group)
	await post(phone, group, 'from the phone')
	for (const one of [alice, bob])
		await messagesUntil(one.api, group, (all) => all.some((message) => textOf(message) === 'from the phone'))
	const tablet = await world.device('tablet')
	must(await tablet.api.recover({ name: 'bob', code: bob.words.join(' ') }))
	await textsUntil(tablet.api, group, ['from the phone'])
})
