/**
 * Four devices, of three people who are friends of one, a server, and seeds that part any of them from any other while all write.
 * After each seed everybody can reach everybody again, and all must come to the same messages, each once, at the server too.
 */
import { expect } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { groupOf } from '../groups.ts'
import type { PeerNetwork } from '../peer-network.ts'
import { phoneOf } from '../second-device.ts'
import { seededRandom } from '../seeded-random.ts'
import { messagesUntil, textOf } from '../watching.ts'
import { onlineUntil, post, writableUntil, type NodeDevice, type Person, type World } from '../world.ts'

export interface PeerGround {
	readonly world: World
	readonly network: PeerNetwork
	readonly devices: readonly NodeDevice[]
	readonly group: ConversationId
	/** What was written so far, by all. */
	readonly texts: string[]
}

export interface RoundTally {
	posts: number
	cuts: number
	parts: number
	/** Messages that devices gave each other. */
	carried: number
}

export async function peerGround(
	world: World,
	network: PeerNetwork,
	people: readonly [Person, ...Person[]],
): Promise<PeerGround> {
	const [owner, ...others] = people
	const group = await groupOf(
		owner,
		others.map((person) => [person, 'member'] as const),
	)
	const phone = await phoneOf({ world }, owner)
	await writableUntil(phone, group)
	return { world, network, devices: [...people, phone], group, texts: [] }
}

/** A few turns of the event loop, so that some of it arrives and some does not. */
async function turns(count: number): Promise<void> {
	for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

export async function runPeerRound(ground: PeerGround, seed: string): Promise<RoundTally> {
	const { network, devices, group, texts } = ground
	const random = seededRandom(seed)
	const below = (limit: number) => ((random(1)[0] ?? 0) * 256 + (random(1)[0] ?? 0)) % limit
	const pick = <T>(all: readonly T[]): T => all[below(all.length)] as T
	const before = [...network.carried.values()].reduce((sum, count) => sum + count, 0)
	const tally: RoundTally = { posts: 0, cuts: 0, parts: 0, carried: 0 }
	const cut = new Set<NodeDevice>()
	const parted = new Map<string, readonly [string, string]>()

	const steps: readonly (() => Promise<void> | void)[] = [
		async () => {
			const text = `${seed} ${tally.posts++}`
			texts.push(text)
			await post(pick(devices), group, text)
		},
		() => {
			const device = pick(devices)
			device.wire.cut()
			cut.add(device)
			tally.cuts++
		},
		() => {
			const device = pick(devices)
			device.wire.resume()
			cut.delete(device)
		},
		() => {
			const [one, other] = [pick(devices).name, pick(devices).name]
			if (one === other) return
			network.part(one, other)
			parted.set([one, other].toSorted().join(), [one, other])
			tally.parts++
		},
		() => {
			const [key, pair] = pick([...parted, ['', null] as const])
			if (pair !== null) network.join(...pair)
			parted.delete(key)
		},
	]
	for (let i = 0; i < 18; i++) {
		// Half of all steps write.
		await (below(2) === 0 ? steps[0] : pick(steps))?.()
		await turns(below(40))
	}
	for (const pair of parted.values()) network.join(...pair)
	for (const device of cut) device.wire.resume()
	await converged(ground)
	tally.carried = [...network.carried.values()].reduce((sum, count) => sum + count, 0) - before
	return tally
}

/** The same messages in the same order everywhere, each once, and each with a number of the server. */
async function converged({ world, devices, group, texts }: PeerGround): Promise<void> {
	const newest = texts.slice(-40)
	const orders: string[][] = []
	for (const device of devices) {
		await onlineUntil(device)
		const all = await messagesUntil(device.api, group, (messages) => {
			const shown = messages.map(textOf)
			const isWhole = newest.every((text) => shown.filter((one) => one === text).length === 1)
			return isWhole && messages.every(({ mark }) => mark === null || !['queued', 'direct', 'failed'].includes(mark))
		})
		orders.push(all.map(textOf).slice(-newest.length))
	}
	for (const order of orders) expect(order).toEqual(orders[0])
	expect(await world.server.storedItems()).toHaveLength(texts.length)
}
