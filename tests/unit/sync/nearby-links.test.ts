import { expect, test } from 'vitest'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { PeerAddress, PeerLink } from '#sync/peers/links.ts'
import { createNearbyLinks, nearbyLimits, type NearbyHeard, type NearbyLinks } from '#sync/peers/nearby-links.ts'
import { fakeTime, settle } from '#tests/support/fake-timers.ts'
import { PeerNetwork } from '#tests/support/peer-network.ts'

interface Side {
	readonly address: PeerAddress
	readonly links: NearbyLinks
	readonly open: PeerLink[]
	failures: number
	allowed: boolean
}

/** Devices beside each other, and nothing else. */
function table() {
	const time = fakeTime()
	const network = new PeerNetwork()
	let random = 0
	function device(id: number): Side {
		const text = (length: number) => bytesToBase64url(new Uint8Array(length).fill(id) as Bytes)
		const address = { account: text(32), device: text(16) }
		const side: Side = {
			...{ address, open: [], failures: 0, allowed: true },
			links: createNearbyLinks({
				transport: network.host(String(id)).transport,
				timers: time.timers,
				random: (length) => new Uint8Array(length).fill(++random) as Bytes,
				self: address,
				load: () => Promise.resolve(),
				isAllowed: () => side.allowed,
				failed: () => void side.failures++,
				opened: (link) => {
					side.open.push(link)
					return { received: () => {}, closed: () => void side.open.splice(side.open.indexOf(link), 1) }
				},
			}),
		}
		return side
	}
	return { time, network, device }
}

const answerOf = (heard: NearbyHeard) => (heard.type === 'answer' ? heard.code : '')

async function shown({ links }: Side): Promise<string> {
	return (await links.offer()) ?? ''
}

async function meet(one: Side, other: Side) {
	await one.links.read(answerOf(await other.links.read(await shown(one))))
	await settle()
}

test('two codes make one link, and each knows the other by it', async () => {
	const { device } = table()
	const [one, other] = [device(1), device(2)]
	await meet(one, other)
	expect(one.open).toMatchObject([{ ...other.address, offered: true }])
	expect(other.open).toMatchObject([{ ...one.address, offered: false }])
})

test('a code lives ten minutes, and an answer that was scanned is waited for half a minute', async () => {
	const { time, network, device } = table()
	const [one, other] = [device(1), device(2)]
	const offer = await shown(one)
	const answer = answerOf(await other.links.read(offer))
	await time.advance(nearbyLimits.openWithinMs - 1)
	expect(await shown(one)).toBe(offer)
	await time.advance(1)
	expect(await one.links.read(answer)).toEqual({ type: 'refused', why: 'stale' })
	// Who had answered hears that nothing came of it; who only showed a code does not.
	expect([one.failures, other.failures]).toEqual([0, 1])

	network.part('1', '2')
	const again = answerOf(await other.links.read(await shown(one)))
	expect(await one.links.read(again)).toEqual({ type: 'connecting' })
	await time.advance(nearbyLimits.meetWithinMs)
	await settle()
	expect(one.failures).toBe(1)
	expect(one.open).toHaveLength(0)
})

test('of offers without end the newest are answered, and the oldest forgotten', async () => {
	const { device } = table()
	const victim = device(1)
	const codes = await Promise.all(
		Array.from({ length: nearbyLimits.waiting + 4 }, (_, i) => device(i + 2)).map(async (side) => {
			const heard = await victim.links.read(await shown(side))
			return { side, answer: answerOf(heard) }
		}),
	)
	for (const { side, answer } of codes) await side.links.read(answer)
	await settle()
	expect(codes.map(({ side }) => side.open.length)).toEqual([
		...Array.from({ length: 4 }, () => 0),
		...Array.from({ length: nearbyLimits.waiting }, () => 1),
	])
})

test('who leaves ends what waits and nothing else; who may not be there any more is let go', async () => {
	const { device } = table()
	const [one, other, third] = [device(1), device(2), device(3)]
	await meet(one, other)
	const answer = answerOf(await third.links.read(await shown(one)))
	one.links.leave()
	expect(await one.links.read(answer)).toEqual({ type: 'refused', why: 'stale' })
	expect(one.open).toHaveLength(1)
	expect(one.failures).toBe(0)
	one.allowed = false
	one.links.recheck()
	await settle()
	expect([one.open.length, other.open.length]).toEqual([0, 0])
})
