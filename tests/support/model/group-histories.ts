/**
 * Random histories of a group, by real clients on a real server, beside a model that knows one thing: who must read what. What is
 * written reaches every device of whoever is in, and of whoever comes later where history is shared; nobody else, whatever
 * happens meanwhile. Who has parted, and a device that was revoked, is given the whole dump of the server besides.
 */
import { expect } from 'vitest'
import type { ConversationId, DeviceId, MemberRole, MessageView } from '#core/api.ts'
import { readableWith, secretsOf } from '../decryptor.ts'
import { groupUntil, membersUntil } from '../groups.ts'
import { messagesUntil, must, textOf, until } from '../watching.ts'
import { befriend, offlineUntil, onlineUntil, post, type NodeDevice, type Person, type World } from '../world.ts'
import { chanceOf, type Chance } from './chance.ts'

export interface Tally {
	readonly texts: number
	readonly removes: number
	/** Epochs that were made after the first. */
	readonly rotations: number
	/** Times that several wanted to change the log at once. */
	readonly conflicts: number
	readonly joins: number
	readonly drops: number
	readonly holds: number
	readonly revokes: number
}

export const emptyTally: Tally = {
	...{ texts: 0, removes: 0, rotations: 0, conflicts: 0 },
	...{ joins: 0, drops: 0, holds: 0, revokes: 0 },
}

/** Somebody with several devices; the first is he himself, and is never revoked. */
export interface Member {
	readonly person: Person
	readonly devices: NodeDevice[]
}

interface Lost {
	readonly device: Person
	/** What it could read when it was revoked. */
	readonly mayRead: readonly string[]
}

interface Run {
	readonly world: World
	readonly chance: Chance
	readonly seed: string
	readonly everybody: readonly Member[]
	readonly group: ConversationId
	readonly shared: boolean
	readonly roles: Map<Member, MemberRole>
	/** What each must read. */
	readonly mayRead: Map<Member, string[]>
	readonly written: string[]
	readonly removed: Set<Member>
	/** cut: no connection · held: what comes is late. */
	readonly away: Map<NodeDevice, 'cut' | 'held'>
	readonly lost: Lost[]
	tally: { -readonly [K in keyof Tally]: Tally[K] }
}

const owner = ({ everybody }: Run) => everybody[0] as Member
const isWriter = (role: MemberRole | undefined) => role !== undefined && role !== 'reader'
const devicesHere = (run: Run, { devices }: Member) => devices.filter((device) => !run.away.has(device))
const isHere = (run: Run, member: Member) => devicesHere(run, member).length > 0
const membersHere = (run: Run) => [...run.roles.keys()].filter((member) => isHere(run, member))
const admins = (run: Run) =>
	membersHere(run).filter((member) => ['owner', 'admin'].includes(run.roles.get(member) as string))
/** Whichever device is at hand. */
const deviceOf = (run: Run, member: Member) => run.chance.pick(devicesHere(run, member))
const accountOf = ({ person }: Member) => person.account

/** Every device that is connected sees the same members and the same key. */
async function settled(run: Run): Promise<void> {
	const names = [...run.roles.keys()].map(({ person }) => person.name)
	const devices = membersHere(run).flatMap((member) => devicesHere(run, member))
	const views = []
	for (const one of devices) views.push(await onDevice(one, membersUntil(one, run.group, names)))
	const newest = Math.max(...views.map(({ epoch }) => epoch))
	run.tally.rotations = Math.max(run.tally.rotations, newest - 1)
	for (const one of devices)
		await onDevice(
			one,
			groupUntil(one, run.group, ({ epoch }) => epoch >= newest),
		)
}

/** Whose view it is, where it does not come. */
function onDevice<T>({ name }: NodeDevice, wanted: Promise<T>): Promise<T> {
	return wanted.catch((error: unknown) => {
		throw new Error(`on ${name}`, { cause: error })
	})
}

/** A new key, for everybody who is connected. */
async function rotated(run: Run, before: number): Promise<void> {
	for (const member of membersHere(run))
		for (const one of devicesHere(run, member))
			await onDevice(
				one,
				groupUntil(one, run.group, ({ epoch }) => epoch > before),
			)
}

function enters(run: Run, member: Member, role: MemberRole): void {
	run.roles.set(member, role)
	run.removed.delete(member)
	const before = run.mayRead.get(member) ?? []
	run.mayRead.set(member, run.shared ? [...run.written] : before)
}

async function writeBy(run: Run, author: Member): Promise<void> {
	const device = deviceOf(run, author)
	const text = `${device.name} ${run.written.length}`
	await post(device, run.group, text)
	await messagesUntil(device.api, run.group, (all) => all.some((one) => textOf(one) === text && one.mark !== 'queued'))
	run.written.push(text)
	for (const one of run.roles.keys()) run.mayRead.get(one)?.push(text)
	run.tally.texts++
}

async function write(run: Run): Promise<void> {
	await writeBy(run, run.chance.pick(membersHere(run).filter((one) => isWriter(run.roles.get(one)))))
}

const strangers = (run: Run) => run.everybody.filter((one) => !run.roles.has(one) && isHere(run, one))

async function add(run: Run): Promise<void> {
	const all = strangers(run)
	if (all.length === 0 || !isHere(run, owner(run))) return
	const member = run.chance.pick(all)
	const role = run.chance.pick(['admin', 'member', 'member', 'reader'] as const)
	const members = [{ account: accountOf(member), role }]
	must(await deviceOf(run, owner(run)).api.addMembers({ conversation: run.group, members }))
	enters(run, member, role)
}

async function join(run: Run): Promise<void> {
	const all = strangers(run).filter((one) => !run.removed.has(one))
	if (all.length === 0 || !run.shared || admins(run).length === 0) return
	const terms = { role: 'member', expires: null, uses: null } as const
	const by = deviceOf(run, run.chance.pick(admins(run)))
	const { url, link } = must(await by.api.createGroupLink({ conversation: run.group, ...terms }))
	const member = run.chance.pick(all)
	must(await deviceOf(run, member).api.joinByLink({ url }))
	enters(run, member, 'member')
	run.tally.joins++
	if (run.chance.percent(40)) must(await by.api.endGroupLink({ conversation: run.group, link }))
}

const others = (run: Run) => [...run.roles.keys()].filter((one) => one !== owner(run))

function goes(run: Run, member: Member): void {
	run.roles.delete(member)
	run.removed.add(member)
	run.tally.removes++
}

async function remove(run: Run): Promise<void> {
	const gone = others(run)
	if (gone.length < 2) return
	const member = run.chance.pick(gone)
	const acting = admins(run).filter((one) => one !== member)
	if (acting.length === 0) return
	const by = deviceOf(run, run.chance.pick(acting))
	must(await by.api.removeMembers({ conversation: run.group, accounts: [accountOf(member)] }))
	goes(run, member)
}

/** Several at once, from whichever of their devices: all get what they want, and what is written meanwhile arrives. */
async function conflict(run: Run): Promise<void> {
	const [first, second] = admins(run)
	if (first === undefined || second === undefined) return
	const victims = others(run).filter((one) => one !== first && one !== second)
	if (victims.length < 2) return
	const member = run.chance.pick(victims)
	const { group } = run
	const accounts = [accountOf(member)]
	const by = [first, second, first, second].map((one) => deviceOf(run, one))
	const [one, two, three, four] = by as [NodeDevice, NodeDevice, NodeDevice, NodeDevice]
	const policy = { knock: run.chance.percent(50) ? 'yes' : 'no' } as const
	const wanted = [
		one.api.removeMembers({ conversation: group, accounts }),
		two.api.removeMembers({ conversation: group, accounts }),
		three.api.renameGroup({ conversation: group, name: `named ${run.written.length}`, topic: '' }),
		four.api.setGroupPolicy({ conversation: group, policy }),
	]
	for (const result of await Promise.all(wanted)) must(result)
	goes(run, member)
	run.tally.conflicts++
	await settled(run)
	await Promise.all([first, second].map((author) => writeBy(run, author)))
}

async function leave(run: Run): Promise<void> {
	const gone = others(run).filter((one) => isHere(run, one))
	if (gone.length < 2) return
	const member = run.chance.pick(gone)
	const device = deviceOf(run, member)
	const { epoch } = await groupUntil(device, run.group, () => true)
	must(await device.api.leaveGroup({ conversation: run.group }))
	run.roles.delete(member)
	await rotated(run, epoch)
}

async function changeRole(run: Run): Promise<void> {
	if (others(run).length === 0 || !isHere(run, owner(run))) return
	const member = run.chance.pick(others(run))
	const role = run.chance.pick((['admin', 'member', 'reader'] as const).filter((one) => one !== run.roles.get(member)))
	const members = [{ account: accountOf(member), role }]
	must(await deviceOf(run, owner(run)).api.setRoles({ conversation: run.group, members }))
	run.roles.set(member, role)
}

/** Somebody's second device is lost, and another takes its place. */
async function revoke(run: Run): Promise<void> {
	const writers = membersHere(run).filter((one) => isWriter(run.roles.get(one)))
	const able = writers.filter(({ person, devices }) => devices.length > 1 && !run.away.has(person))
	if (able.length === 0) return
	const member = run.chance.pick(able)
	const { person } = member
	const lost = member.devices.pop() as NodeDevice
	run.away.delete(lost)
	lost.wire.resume()
	const id = await idOf(lost)
	const { epoch } = await groupUntil(person, run.group, () => true)
	must(await person.api.revokeDevices({ devices: [id], password: person.password }))
	const device = Object.assign(lost, { password: person.password, account: person.account, words: person.words })
	run.lost.push({ device, mayRead: [...(run.mayRead.get(member) ?? [])] })
	await rotated(run, epoch)
	member.devices.push(await secondDevice(run.world, person))
	run.tally.revokes++
}

async function idOf({ api }: NodeDevice): Promise<DeviceId> {
	const session = await until(api, { view: 'session', of: null, is: ({ type }) => type === 'signed-in' })
	return session.type === 'signed-in' ? session.device : ''
}

const awayable = (run: Run) =>
	run.everybody.flatMap(({ devices }) => devices).filter((one) => one !== owner(run).person && !run.away.has(one))

async function drop(run: Run): Promise<void> {
	const all = awayable(run)
	if (all.length < 3) return
	const device = run.chance.pick(all)
	device.wire.cut()
	await offlineUntil(device)
	run.away.set(device, 'cut')
	run.tally.drops++
}

/** What comes to a device comes late, and all that it asks for after it. */
async function hold(run: Run): Promise<void> {
	const all = awayable(run)
	if (all.length < 3) return
	const device = run.chance.pick(all)
	device.wire.hold('down')
	run.away.set(device, 'held')
	run.tally.holds++
}

async function back(run: Run): Promise<void> {
	for (const [device, how] of [...run.away]) {
		device.wire.resume()
		if (how === 'cut' && run.chance.percent(70)) await device.reopen()
		await onlineUntil(device)
		run.away.delete(device)
	}
}

async function archive(run: Run): Promise<void> {
	for (const archived of [true, false])
		must(await deviceOf(run, run.chance.pick(admins(run))).api.archiveGroup({ conversation: run.group, archived }))
}

const steps = [
	...[write, write, write, write, add, add, join, join],
	...[remove, conflict, conflict, leave, changeRole, drop, hold, back, archive, revoke],
] as const

const isOpen = ({ content }: MessageView) => content.type === 'text'

/**
 * Members read exactly what they must on every device, and none of it is closed. Who parted reads nothing that he may not; what
 * he was away for when it was written, and was not in for any more when he came back, he never got.
 */
async function judge(run: Run): Promise<void> {
	for (const [member, wanted] of run.mayRead)
		for (const device of member.devices) await judgeDevice(run, { member, device, wanted })
	const parted = [...run.mayRead].filter(([member]) => !run.roles.has(member))
	const shut = [...parted.map(([{ person }, mayRead]) => ({ device: person, mayRead })), ...run.lost]
	for (const { device, mayRead } of shut) {
		// His client is closed for it: nobody else reads a store that is open.
		const secrets = await secretsOf(device, run.world.server.domain)
		await device.reopen()
		const read = await readableWith(secrets, run.world.server.domain, run.group)
		expect([run.seed, device.name, read.filter((text) => !mayRead.includes(text))]).toEqual([run.seed, device.name, []])
	}
}

async function judgeDevice(
	{ seed, roles, group, shared }: Run,
	{ member, device, wanted }: { member: Member; device: NodeDevice; wanted: readonly string[] },
): Promise<void> {
	const isMember = roles.has(member)
	const is = (all: readonly MessageView[]) => {
		const open = all.filter(isOpen).map(textOf)
		return open.every((text) => wanted.includes(text)) && (!isMember || open.length === wanted.length)
	}
	// A device that signed in when its account was out already knows of no such group.
	if (!isMember && (await hasNot(device, group))) return
	const seen = await messagesUntil(device.api, group, is).catch((error: unknown) => {
		throw new Error(`seed ${seed}: ${device.name} does not read exactly ${JSON.stringify(wanted)}`, { cause: error })
	})
	const closed = isMember ? seen.flatMap(({ content }) => (content.type === 'unreadable' ? [content.why] : [])) : []
	const allowed = shared ? [] : ['before-you-joined']
	expect([seed, device.name, closed.filter((why) => !allowed.includes(why))]).toEqual([seed, device.name, []])
}

async function hasNot({ api }: NodeDevice, group: ConversationId): Promise<boolean> {
	return (await until(api, { view: 'conversation', of: group, is: () => true })) === null
}

/** The first of them owns the group and is a friend of all. */
export async function runGroupHistory(
	world: World,
	everybody: readonly Member[],
	seed: string,
	length: number,
): Promise<Tally> {
	const chance = chanceOf(seed)
	const shared = chance.percent(60)
	const [alice, bob, charlie] = everybody as readonly [Member, Member, Member]
	const members = [bob, charlie].map(
		(one, i) => ({ account: accountOf(one), role: i === 0 ? 'admin' : 'member' }) as const,
	)
	const made = await alice.person.api.createGroup({
		...{ kind: 'room-private', name: seed, topic: '', members },
		...{ history: shared ? 'shared' : 'from-join', invite: 'admins', knock: 'no' },
	})
	const run: Run = {
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
	const done: string[] = []
	try {
		for (let i = 0; i < length; i++) {
			await settled(run)
			const step = chance.pick(steps)
			done.push(step.name)
			await step(run)
		}
		await back(run)
		await settled(run)
		await write(run)
		await judge(run)
	} catch (error) {
		throw new Error(`seed ${seed}, after ${done.join(' ')}`, { cause: error })
	}
	return run.tally
}

/** Signed in besides, as soon as it reads. */
async function secondDevice(world: World, person: Person): Promise<NodeDevice> {
	const device = await world.device(`${person.name}'s phone`)
	must(await device.api.signIn({ name: person.name, password: person.password }))
	await onlineUntil(device)
	return device
}

/** Everybody with two devices; the others are the first one's friends. */
export async function withTwoDevices(world: World, people: readonly Person[]): Promise<readonly Member[]> {
	const [first, ...rest] = people
	for (const other of rest) await befriend(first as Person, other)
	const everybody: Member[] = []
	for (const person of people) everybody.push({ person, devices: [person, await secondDevice(world, person)] })
	return everybody
}
