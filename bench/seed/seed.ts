/** Asks the seeding process for a world; the caller removes the folder. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SeededWorld, WorldWish } from './world.ts'

export interface SeededFolder {
	readonly data: string
	readonly world: SeededWorld
	remove(): Promise<void>
}

export async function seedFolder(wish: Omit<WorldWish, 'data'>): Promise<SeededFolder> {
	const data = await mkdtemp(join(tmpdir(), 'kith-bench-'))
	const child = fork(join(import.meta.dirname, 'seed-process.ts'), [], {
		serialization: 'advanced',
	})
	const answer = once(child, 'message')
	const failed = once(child, 'exit').then(() => {
		throw new Error('The seeding failed.')
	})
	const told: WorldWish = { data, ...wish }
	child.send(told)
	const [world] = (await Promise.race([answer, failed])) as [SeededWorld]
	failed.catch(() => {})
	return { data, world, remove: () => rm(data, { recursive: true, force: true }) }
}

/** `groups` conversations of `size` members each, everybody in one. */
export function separateGroups(groups: number, size: number): Omit<WorldWish, 'data'> {
	const conversations = Array.from({ length: groups }, (_, group) =>
		Array.from({ length: size }, (_, i) => group * size + i),
	)
	return { accounts: groups * size, conversations }
}

/**
 * Every device in `each` conversations of `size` members: round after round the devices are shuffled and cut into groups.
 * `accounts` should be a multiple of `size`; who is left over in a round has one conversation fewer.
 */
export function mixedGroups(accounts: number, each: number, size: number): Omit<WorldWish, 'data'> {
	const random = lcg(1)
	const seen = new Set<string>()
	const conversations: number[][] = []
	for (let round = 0; round < each; round++) {
		const order = shuffled(accounts, random)
		for (let from = 0; from + size <= accounts; from += size) {
			const members = order.slice(from, from + size)
			const key = members.toSorted((a, b) => a - b).join()
			// Two people have one direct conversation.
			if (!seen.has(key)) conversations.push(members)
			seen.add(key)
		}
	}
	return { accounts, conversations }
}

/** The same worlds in every run (Numerical Recipes' linear congruential generator). */
function lcg(seed: number): (below: number) => number {
	let state = seed >>> 0
	return (below) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
		return Math.floor((state / 2 ** 32) * below)
	}
}

/** Fisher and Yates. */
function shuffled(count: number, random: (below: number) => number): number[] {
	const list = Array.from({ length: count }, (_, i) => i)
	for (let i = count - 1; i > 0; i--) {
		const j = random(i + 1)
		const [a, b] = [list[i] as number, list[j] as number]
		list[i] = b
		list[j] = a
	}
	return list
}
