import { expect, test } from 'vitest'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { createPeerLinks, linkLimits, type PeerAddress, type PeerLink, type PeerLinks } from '#sync/peers/links.ts'
import type { PeerListener } from '#sync/peers/transport.ts'
import { PeerNetwork, type PeerHost } from '#tests/support/peer-network.ts'

import { fakeTime, settle } from '#tests/support/fake-timers.ts'

interface Side {
	readonly address: PeerAddress
	readonly links: PeerLinks
	readonly open: PeerLink[]
	readonly closed: string[]
	allowed: boolean
	/** In any way. */
	reachable: boolean
}

/** Devices of two accounts on one hub that passes everything on while it is there. */
function hub() {
	const time = fakeTime()
	const network = new PeerNetwork()
	const sides: Side[] = []
	const state = { isThere: true }
	let random = 0

	function deliver(from: PeerAddress, to: { account: string; device: string | null }, signal: string): boolean {
		if (!state.isThere) return false
		for (const { address, links } of sides) {
			const isMeant = address.account === to.account && address.device === (to.device ?? address.device)
			if (isMeant && address !== from) setImmediate(() => links.heard(from, signal))
		}
		return true
	}

	function device(
		account: string,
		id: number,
		host: Pick<PeerHost, 'transport'> = network.host(`${account} ${id}`),
	): Side {
		const address = { account, device: bytesToBase64url(new Uint8Array(16).fill(id) as Bytes) }
		const side: Side = {
			...{ address, open: [], closed: [], allowed: true, reachable: true },
			links: createPeerLinks({
				transport: host.transport,
				timers: time.timers,
				random: (length) => new Uint8Array(length).fill(++random) as Bytes,
				send: (message) => message.t === 'signal' && deliver(address, message, message.signal),
				self: address,
				isAllowed: () => side.allowed,
				ways: () => (side.reachable ? { servers: [], relayed: false } : null),
				opened: (link) => {
					side.open.push(link)
					return {
						received: () => {},
						closed: () => {
							side.open.splice(side.open.indexOf(link), 1)
							side.closed.push(link.device)
						},
					}
				},
			}),
		}
		sides.push(side)
		return side
	}
	return { time, network, state, device }
}

async function settled(): Promise<void> {
	for (let i = 0; i < 30; i++) await settle()
}

test('[PEER2] whoever calls, the device with the lower id makes the offer, and one link comes of it', async () => {
	for (const caller of [0, 1]) {
		const { device, network } = hub()
		const pair = [device('a', 1), device('b', 2)] as const
		const other = pair[1 - caller] as Side
		;(pair[caller] as Side).links.call(other.address.account)
		await settled()
		expect(pair.map(({ open }) => open.map(({ offered }) => offered))).toEqual([[true], [false]])
		const [a, b] = [pair[0].open[0]?.channel.fingerprints, pair[1].open[0]?.channel.fingerprints]
		expect([a?.ours, a?.theirs]).toEqual([b?.theirs, b?.ours])
		pair[0].links.call('b')
		pair[1].links.call('a')
		await settled()
		expect(network.links).toBe(1)
		expect(pair.flatMap(({ closed }) => closed)).toEqual([])
	}
})

test('[PEER2] a link that broke is made again after a pause, also where the first try does not reach', async () => {
	const { device, network, time } = hub()
	const [a, b] = [device('a', 1), device('b', 2)]
	a.links.call('b')
	await settled()
	network.part('a 1', 'b 2')
	expect(network.links).toBe(0)
	await time.advance(linkLimits.againMs)
	await settled()
	expect(a.open).toEqual([])
	network.join('a 1', 'b 2')
	await time.advance(linkLimits.againMs * 4)
	await settled()
	expect([a.open.length, b.open.length]).toEqual([1, 1])
})

test('[PEER2] a link that does not open in time is given up', async () => {
	const { device, time, state } = hub()
	const silent = { transport: { connect: () => ({ accept: () => {}, close: () => {} }) } }
	const a = device('a', 1, silent)
	const b = device('b', 2)
	b.links.call('a')
	await settled()
	state.isThere = false
	await time.advance(linkLimits.openWithinMs)
	expect([a.open, a.closed]).toEqual([[], []])
	expect(time.pending()).toBeGreaterThan(0)
	await time.advance(linkLimits.againMaxMs)
	expect(time.pending()).toBe(0)
})

test('[PEER2] a device that began anew is linked anew, and one that may not be linked is not, from then on', async () => {
	const { device, network } = hub()
	const [a, b] = [device('a', 1), device('b', 2)]
	a.links.call('b')
	await settled()
	const again = device('b', 2)
	b.allowed = false
	again.links.call('a')
	await settled()
	expect(a.closed).toEqual([b.address.device])
	expect([a.open.length, again.open.length]).toEqual([1, 1])
	a.allowed = false
	a.links.recheck()
	await settled()
	expect(network.links).toBe(0)
	again.links.call('a')
	await settled()
	expect(network.links).toBe(0)
})

test('[PEER2] whoever begins anew in the middle of a handshake, or after it, is not waited for', async () => {
	for (const again of [1, 2]) {
		const { device, network, state } = hub()
		const pair = [device('a', 1), device('b', 2)] as const
		const [stays, goes] = again === 1 ? [pair[1], pair[0]] : pair
		pair[0].links.call('b')
		// Somewhere between offer and answer.
		for (let turn = 0; turn < 3; turn++) await settle()
		goes.allowed = false
		const anew = device(goes.address.account, again)
		anew.links.call(stays.address.account)
		await settled()
		expect([stays.open.length, anew.open.length]).toEqual([1, 1])
		// Killed: it tells nobody, and what stood with it ends with the first word of who came in its place.
		anew.allowed = false
		const [link] = stays.open
		const third = device(goes.address.account, again)
		state.isThere = false
		third.links.call(stays.address.account)
		await settled()
		expect(stays.open).toEqual([link])
		state.isThere = true
		third.links.call(stays.address.account)
		await settled()
		expect([stays.open.length, stays.open[0] === link, third.open.length]).toEqual([1, false, 1])
		expect(network.links).toBe(1)
	}
})

test('[PEER2] an attempt that is given up at one end is given up at the other, and the next is made at once', async () => {
	const { device } = hub()
	const asked = { made: 0, ended: 0 }
	const slow = {
		transport: {
			connect: (_: unknown, { described }: PeerListener) => {
				asked.made++
				queueMicrotask(() => described(new Uint8Array([1]) as Bytes))
				return { accept: () => {}, close: () => void asked.ended++ }
			},
		},
	}
	const [a, b] = [device('a', 1, slow), device('b', 2, slow)]
	b.links.call('a')
	await settled()
	expect(asked).toEqual({ made: 2, ended: 0 })
	// Switched off, and on again.
	b.allowed = false
	b.links.recheck()
	b.allowed = true
	await settled()
	expect(asked).toEqual({ made: 2, ended: 2 })
	b.links.call('a')
	await settled()
	expect(asked).toEqual({ made: 4, ended: 2 })
	a.links.close()
	await settled()
	expect(asked).toEqual({ made: 4, ended: 4 })
})

test('[PEER2] what goes another way from now on is connected anew, and in no way nobody is', async () => {
	const { device, network, time } = hub()
	const [a, b] = [device('a', 1), device('b', 2)]
	b.links.call('a')
	await settled()
	const [before] = a.open
	a.links.reset()
	await settled()
	expect([a.open, b.open]).toEqual([[], []])
	await time.advance(linkLimits.againMs)
	await settled()
	expect([a.open.length, a.open[0] === before, network.links]).toEqual([1, false, 1])
	a.reachable = false
	a.links.reset()
	await time.advance(linkLimits.againMaxMs)
	await settled()
	expect([a.open.length, network.links]).toEqual([0, 0])
})

test('[PEER7] a barred device is not heard until its time is over', async () => {
	const { device, time, network } = hub()
	const [a, b] = [device('a', 1), device('b', 2)]
	a.links.call('b')
	await settled()
	a.open[0]?.bar(60_000)
	await settled()
	b.links.call('a')
	await time.advance(30_000)
	await settled()
	expect([a.open.length, network.links]).toEqual([0, 0])
	await time.advance(30_000)
	b.links.call('a')
	await settled()
	expect(a.open.length).toBe(1)
})

test(`[PEER7] one device has at most ${linkLimits.links} links`, async () => {
	const { device } = hub()
	const a = device('a', 1)
	for (let i = 0; i < linkLimits.links + 3; i++) device('b', i + 2)
	a.links.call('b')
	await settled()
	expect(a.open.length).toBe(linkLimits.links)
})
