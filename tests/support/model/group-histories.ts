/**
 * Random histories of a group, by real clients on a real server, beside a model that knows one thing: who must read what. What is
 * written reaches whoever is in, and whoever comes later where history is shared; nobody else, whatever happens meanwhile.
 */
import { expect } from 'vitest'
import type { ConversationId, MemberRole, MessageView } from '#core/api.ts'
import { groupUntil, membersUntil } from '../groups.ts'
import { messagesUntil, must, textOf } from '../watching.ts'
import { befriend, offlineUntil, onlineUntil, post, type Person } from '../world.ts'
import { chanceOf, type Chance } from './chance.ts'

export interface Tally {
	readonly texts: number
	readonly removes: number
	readonly epochs: number
	readonly races: number
	readonly joins: number
	readonly drops: number
}

interface Run {
	readonly chance: Chance
	readonly people: readonly Person[]
	readonly group: ConversationId
	readonly shared: boolean
	readonly roles: Map<Person, MemberRole>
	/** What each must read, in the order of writing. */
	readonly mayRead: Map<Person, string[]>
	readonly written: string[]
	readonly removed: Set<Person>
	readonly away: Set<Person>
	tally: { -readonly [K in keyof Tally]: Tally[K] }
}

const owner = ({ people }: Run) => people[0] as Person
const isWriter = (role: MemberRole | undefined) => role !== undefined && role !== 'reader'
const here = (run: Run) => [...run.roles.keys()].filter((person) => !run.away.has(person))
const admins = (run: Run) => here(run).filter((one) => ['owner', 'admin'].includes(run.roles.get(one) as string))

/** Everybody who is connected sees the same members and the same key. */
async function settled(run: Run): Promise<void> {
	const names = [...run.roles.keys()].map(({ name }) => name)
	const views = []
	for (const one of here(run)) views.push(await membersUntil(one, run.group, names))
	const newest = Math.max(...views.map(({ epoch }) => epoch))
	run.tally.epochs = Math.max(run.tally.epochs, newest)
	for (const one of here(run)) await groupUntil(one, run.group, ({ epoch }) => epoch >= newest)
}

function enters(run: Run, person: Person, role: MemberRole): void {
	run.roles.set(person, role)
	run.removed.delete(person)
	const before = run.mayRead.get(person) ?? []
	run.mayRead.set(person, run.shared ? [...run.written] : before)
}

async function write(run: Run): Promise<void> {
	const writers = here(run).filter((one) => isWriter(run.roles.get(one)))
	const author = run.chance.pick(writers)
	const text = `${author.name} ${run.written.length}`
	await post(author, run.group, text)
	await messagesUntil(author.api, run.group, (all) => all.some((one) => textOf(one) === text && one.mark !== 'queued'))
	run.written.push(text)
	for (const one of run.roles.keys()) run.mayRead.get(one)?.push(text)
	run.tally.texts++
}

async function add(run: Run): Promise<void> {
	const strangers = run.people.filter((one) => !run.roles.has(one) && !run.away.has(one))
	if (strangers.length === 0 || run.away.has(owner(run))) return
	const person = run.chance.pick(strangers)
	const role = run.chance.pick(['admin', 'member', 'member', 'reader'] as const)
	const members = [{ account: person.account, role }]
	must(await owner(run).api.addMembers({ conversation: run.group, members }))
	enters(run, person, role)
}

async function join(run: Run): Promise<void> {
	const strangers = run.people.filter((one) => !run.roles.has(one) && !run.away.has(one) && !run.removed.has(one))
	if (strangers.length === 0 || !run.shared) return
	const terms = { role: 'member', expires: null, uses: null } as const
	const { url } = must(await run.chance.pick(admins(run)).api.createGroupLink({ conversation: run.group, ...terms }))
	const person = run.chance.pick(strangers)
	must(await person.api.joinByLink({ url }))
	enters(run, person, 'member')
	run.tally.joins++
}

const others = (run: Run) => [...run.roles.keys()].filter((one) => one !== owner(run))

async function remove(run: Run): Promise<void> {
	const gone = others(run)
	if (gone.length < 2) return
	const person = run.chance.pick(gone)
	const by = run.chance.pick(admins(run).filter((one) => one !== person))
	must(await by.api.removeMembers({ conversation: run.group, accounts: [person.account] }))
	run.roles.delete(person)
	run.removed.add(person)
	run.tally.removes++
}

/** Two admins at once: both get what they want. */
async function race(run: Run): Promise<void> {
	const gone = others(run)
	const acting = admins(run)
	if (gone.length < 3 || acting.length < 2) return
	const [first, second] = [acting[0] as Person, acting[1] as Person]
	const victims = gone.filter((one) => one !== first && one !== second)
	if (victims.length === 0) return
	const person = run.chance.pick(victims)
	const { group } = run
	const done = await Promise.all([
		first.api.removeMembers({ conversation: group, accounts: [person.account] }),
		second.api.removeMembers({ conversation: group, accounts: [person.account] }),
		second.api.renameGroup({ conversation: group, name: `named ${run.written.length}`, topic: '' }),
	])
	done.forEach((one) => must(one))
	run.roles.delete(person)
	run.removed.add(person)
	run.tally.removes++
	run.tally.races++
}

async function leave(run: Run): Promise<void> {
	const gone = others(run).filter((one) => !run.away.has(one))
	if (gone.length < 2) return
	const person = run.chance.pick(gone)
	const { epoch } = await groupUntil(person, run.group, () => true)
	must(await person.api.leaveGroup({ conversation: run.group }))
	run.roles.delete(person)
	for (const one of here(run)) await groupUntil(one, run.group, (view) => view.epoch > epoch)
}

async function changeRole(run: Run): Promise<void> {
	const person = run.chance.pick(others(run))
	const role = run.chance.pick((['admin', 'member', 'reader'] as const).filter((one) => one !== run.roles.get(person)))
	const members = [{ account: person.account, role }]
	must(await owner(run).api.setRoles({ conversation: run.group, members }))
	run.roles.set(person, role)
}

async function drop(run: Run): Promise<void> {
	const candidates = run.people.filter((one) => one !== owner(run) && !run.away.has(one))
	if (candidates.length < 3) return
	const person = run.chance.pick(candidates)
	person.wire.cut()
	await offlineUntil(person)
	run.away.add(person)
	run.tally.drops++
}

async function back(run: Run): Promise<void> {
	for (const person of [...run.away]) {
		person.wire.resume()
		await person.reopen()
		await onlineUntil(person)
		run.away.delete(person)
	}
}

async function archive(run: Run): Promise<void> {
	for (const archived of [true, false])
		must(await run.chance.pick(admins(run)).api.archiveGroup({ conversation: run.group, archived }))
}

const steps = [
	...[write, write, write, write, add, add, join],
	...[remove, race, leave, changeRole, drop, back, archive],
] as const

const isOpen = ({ content }: MessageView) => content.type === 'text'

/**
 * Members read exactly what they must, and none of it is closed. Who parted reads nothing that he may not; what he was away for
 * when it was written, and was not in for any more when he came back, he never got.
 */
async function judge(run: Run, seed: string): Promise<void> {
	for (const [person, wanted] of run.mayRead) {
		const isMember = run.roles.has(person)
		const is = (all: readonly MessageView[]) => {
			const open = all.filter(isOpen).map(textOf)
			return open.every((text) => wanted.includes(text)) && (!isMember || open.length === wanted.length)
		}
		const seen = await messagesUntil(person.api, run.group, is).catch((error: unknown) => {
			throw new Error(`seed ${seed}: ${person.name} does not read exactly ${JSON.stringify(wanted)}`, { cause: error })
		})
		const closed = isMember ? seen.flatMap(({ content }) => (content.type === 'unreadable' ? [content.why] : [])) : []
		const allowed = run.shared ? [] : ['before-you-joined']
		expect([seed, person.name, closed.filter((why) => !allowed.includes(why))]).toEqual([seed, person.name, []])
	}
}

/** The first of the people owns the group and is a friend of all. */
export async function runGroupHistory(people: readonly Person[], seed: string, length: number): Promise<Tally> {
	const chance = chanceOf(seed)
	const shared = chance.percent(60)
	const [alice, bob, charlie] = people as [Person, Person, Person]
	const members = [bob, charlie].map(({ account }, i) => ({ account, role: i === 0 ? 'admin' : 'member' }) as const)
	const made = await alice.api.createGroup({
		...{ kind: 'room-private', name: seed, topic: '', members },
		...{ history: shared ? 'shared' : 'from-join', invite: 'admins', knock: 'no' },
	})
	const run: Run = {
		...{ chance, people, shared, group: must(made).conversation },
		...{ written: [], removed: new Set(), away: new Set() },
		roles: new Map([
			[alice, 'owner'],
			[bob, 'admin'],
			[charlie, 'member'],
		]),
		mayRead: new Map([alice, bob, charlie].map((one) => [one, []])),
		tally: { texts: 0, removes: 0, epochs: 1, races: 0, joins: 0, drops: 0 },
	}
	for (let i = 0; i < length; i++) {
		await settled(run)
		await chance.pick(steps)(run)
	}
	await back(run)
	await settled(run)
	await write(run)
	await judge(run, seed)
	return run.tally
}

/** The others are Alice's friends. */
export async function befriendAll([alice, ...rest]: readonly Person[]): Promise<void> {
	for (const other of rest) await befriend(alice as Person, other)
}
