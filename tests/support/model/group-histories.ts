/**
 * Random histories of a group, by real clients on a real server, beside a model that knows one thing: who must read what. What is
 * written reaches every device of whoever is in, and of whoever comes later where history is shared; nobody else, whatever
 * happens meanwhile. Who has parted, and a device that was revoked, is given the whole dump of the server besides.
 */
import { must } from '../watching.ts'
import { befriend, type Person, type World } from '../world.ts'
import { chanceOf, type Chance } from './chance.ts'
import { judge } from './group-judge.ts'
import { accountOf, emptyTally, secondDevice, settled, type Member, type Run, type Tally } from './group-run.ts'
import { add, back, changeRole, groupSteps, owedSteps, write, type GroupStep } from './group-steps.ts'

function weighed(chance: Chance, steps: readonly GroupStep[]): GroupStep {
	let left = chance.below(steps.reduce((sum, { weight }) => sum + weight, 0))
	return steps.find(({ weight }) => (left -= weight) < 0) as GroupStep
}

/** The first of them owns the group and is a friend of all. */
async function begin(world: World, everybody: readonly Member[], seed: string): Promise<Run> {
	const chance = chanceOf(seed)
	const shared = chance.percent(70)
	const [alice, bob, charlie] = everybody as readonly [Member, Member, Member]
	const members = [bob, charlie].map(
		(one, i) => ({ account: accountOf(one), role: i === 0 ? 'admin' : 'member' }) as const,
	)
	const made = await alice.person.api.createGroup({
		...{ kind: 'room-private', name: seed, topic: '', members },
		...{ history: shared ? 'shared' : 'from-join', invite: 'admins', knock: 'no' },
	})
	return {
		...{ world, chance, seed, everybody, shared, group: must(made).conversation },
		...{ written: [], removed: new Set(), away: new Map(), lost: [] },
		roles: new Map([
			[alice, 'owner'],
			[bob, 'admin'],
			[charlie, 'member'],
		]),
		mayRead: new Map([alice, bob, charlie].map((one) => [one, []])),
		tally: { ...emptyTally },
	}
}

/** `length` steps by chance; then what is owed still, each made possible first by who is added, returns or gets another role. */
async function live(run: Run, length: number, done: string[]): Promise<void> {
	const owed = new Set(owedSteps.filter(({ name }) => name !== 'join' || (run.shared && run.everybody.length > 3)))
	const take = async (step: GroupStep) => {
		await settled(run)
		done.push(step.name)
		await step.take(run)
		owed.delete(step)
	}
	for (let i = 0; i < length; i++)
		await take(
			weighed(
				run.chance,
				groupSteps.filter((step) => step.can(run)),
			),
		)
	for (let tries = 0; owed.size > 0 && tries < 30; tries++) {
		const due = [...owed].filter((step) => step.can(run))
		const steps = due.length > 0 ? due : [add, back, changeRole].filter((step) => step.can(run))
		await take(weighed(run.chance, steps))
	}
}

export async function runGroupHistory(
	world: World,
	everybody: readonly Member[],
	{ seed, length }: { readonly seed: string; readonly length: number },
): Promise<Tally> {
	const run = await begin(world, everybody, seed)
	const done: string[] = []
	try {
		await live(run, length, done)
		await back.take(run)
		await settled(run)
		await write.take(run)
		await judge(run)
	} catch (error) {
		throw new Error(`seed ${seed}, after ${done.join(' ')}`, { cause: error })
	}
	return run.tally
}

/** Everybody with two devices; the others are the first one's friends. */
export async function withTwoDevices(world: World, people: readonly Person[]): Promise<readonly Member[]> {
	const [first, ...rest] = people
	for (const other of rest) await befriend(first as Person, other)
	const everybody: Member[] = []
	for (const person of people) everybody.push({ person, devices: [person, await secondDevice(world, person)] })
	return everybody
}
