/** Who stands between two devices, or repeats what was signed, proves nothing. */
import { expect, test } from 'vitest'
import { isProven, prove, type Hello, type Parties } from '#core/peers/proof.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { selfOf } from '../../../support/core-client.ts'
import { corePeople, revokeDevice, type CoreActor } from '../../../support/core-people.ts'

const filled = (value: number, length: number) => new Uint8Array(length).fill(value) as Bytes

async function scene() {
	const people = await corePeople('peer proof')
	const [alice, bob] = [await people.person('alice'), await people.person('bob')]
	const hello = ({ idHash, device }: CoreActor, nonce: number): Hello => ({
		...{ t: 'hello', idHash, device: device.deviceId },
		nonce: filled(nonce, 16),
	})
	const send = () => undefined
	const channel = (ours: number, theirs: number) => ({
		...{ send, buffered: () => 0 },
		fingerprints: { ours: filled(ours, 32), theirs: filled(theirs, 32) },
	})
	/** As Alice sees it, who made the offer; and as Bob does. */
	const hers: Parties = {
		link: { offered: true, channel: channel(1, 2) },
		ours: hello(alice, 5),
		theirs: hello(bob, 6),
	}
	const his: Parties = {
		link: { offered: false, channel: channel(2, 1) },
		ours: hello(bob, 6),
		theirs: hello(alice, 5),
	}
	const conversations = [filled(8, 16), filled(9, 16)]
	const proof = await prove({ self: selfOf(people, alice) }, hers, conversations)
	const holds = async (parties: Parties, change: Partial<typeof proof> = {}) =>
		isProven(people, parties, { proof: { ...proof, ...change }, account: await alice.state() })
	return { people, alice, bob, his, proof, holds, hello, channel, conversations }
}

test('[PEER1][PEER2] a proof fits the channel, the roles, the nonces and the conversations that it names, and no other', async () => {
	const { his, holds, hello, channel, alice, bob, conversations } = await scene()
	expect(await holds(his)).toBe(true)
	const others: Readonly<Record<string, Parties>> = {
		'a certificate between': { ...his, link: { ...his.link, channel: channel(2, 7) } },
		'a certificate between, at the other end': { ...his, link: { ...his.link, channel: channel(7, 1) } },
		'roles changed': { ...his, link: { ...his.link, offered: true } },
		'an earlier session of hers': { ...his, theirs: hello(alice, 4) },
		'an earlier session of his': { ...his, ours: hello(bob, 4) },
		'another listener': { ...his, ours: hello(alice, 6) },
	}
	for (const [name, parties] of Object.entries(others)) expect([name, await holds(parties)]).toEqual([name, false])
	expect(await holds(his, { conversations: conversations.slice(1) })).toBe(false)
	expect(await holds(his, { conversations: [...conversations, filled(10, 16)] })).toBe(false)
})

test('[PEER2] a device that has ended, or is none of the account, proves nothing', async () => {
	const { people, alice, bob, his, proof, holds } = await scene()
	expect(await isProven(people, his, { proof, account: await bob.state() })).toBe(false)
	await revokeDevice(people.crypto, alice, alice.device)
	expect(await holds(his)).toBe(false)
})
