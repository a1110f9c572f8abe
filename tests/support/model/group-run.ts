/** One random history of a group: who is in by the model, who must read what, and how devices come to see the same. */
import type { ConversationId, MemberRole } from '#core/api.ts'
import { groupUntil, membersUntil } from '../groups.ts'
import { must } from '../watching.ts'
import { onlineUntil, type NodeDevice, type Person, type World } from '../world.ts'
import type { Chance } from './chance.ts'

/** How often each thing happened. */
export interface Tally {
	readonly texts: number
	readonly adds: number
	readonly joins: number
	readonly leaves: number
	readonly removes: number
	/** Epochs that were made after the first. */
	readonly rotations: number
	/** Times that several wanted to change the log at once. */
	readonly conflicts: number
	/** Devices that were cut off for a while, and connections that broke under a message. */
	readonly drops: number
	/** Devices that heard everything late. */
	readonly holds: number
	/** Of them, those that heard it in another order. */
	readonly reorders: number
	readonly archives: number
	readonly revokes: number
}

export const emptyTally: Tally = {
	...{ texts: 0, adds: 0, joins: 0, leaves: 0, removes: 0, rotations: 0, conflicts: 0 },
	...{ drops: 0, holds: 0, reorders: 0, archives: 0, revokes: 0 },
}

/** Somebody with several devices; the first is he himself, and is never revoked. */
export interface Member {
	readonly person: Person
	readonly devices: NodeDevice[]
}

export interface Lost {
	readonly device: Person
	/** What it could read when it was revoked. */
	readonly mayRead: readonly string[]
}

export interface Run {
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

export const owner = ({ everybody }: Run) => everybody[0] as Member
export const isWriter = (role: MemberRole | undefined) => role !== undefined && role !== 'reader'
const devicesHere = (run: Run, { devices }: Member) => devices.filter((device) => !run.away.has(device))
export const isHere = (run: Run, member: Member) => devicesHere(run, member).length > 0
export const membersHere = (run: Run) => [...run.roles.keys()].filter((member) => isHere(run, member))
export const admins = (run: Run) =>
	membersHere(run).filter((member) => ['owner', 'admin'].includes(run.roles.get(member) as string))
/** Whichever device is at hand. */
export const deviceOf = (run: Run, member: Member) => run.chance.pick(devicesHere(run, member))
export const accountOf = ({ person }: Member) => person.account

/** Every device that is connected sees the same members and the same key. */
export async function settled(run: Run): Promise<void> {
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
export async function rotated(run: Run, before: number): Promise<void> {
	for (const member of membersHere(run))
		for (const one of devicesHere(run, member))
			await onDevice(
				one,
				groupUntil(one, run.group, ({ epoch }) => epoch > before),
			)
}

/** Signed in besides, as soon as it reads. */
export async function secondDevice(world: World, person: Person): Promise<NodeDevice> {
	const device = await world.device(`${person.name}'s phone`)
	must(await device.api.signIn({ name: person.name, password: person.password }))
	await onlineUntil(device)
	return device
}
