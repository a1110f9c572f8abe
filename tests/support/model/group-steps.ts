/** What can happen in a random history of a group. A step is taken where it is possible, and owed where it did not come by chance. */
import type { DeviceId, MemberRole } from '#core/api.ts'
import { groupUntil } from '../groups.ts'
import { messagesUntil, must, textOf, until } from '../watching.ts'
import { offlineUntil, onlineUntil, post, type NodeDevice } from '../world.ts'
import {
	accountOf,
	admins,
	deviceOf,
	isHere,
	isWriter,
	membersHere,
	owner,
	rotated,
	secondDevice,
	settled,
	type Member,
	type Run,
} from './group-run.ts'

export interface GroupStep {
	readonly name: string
	/** Beside the others that are possible. */
	readonly weight: number
	readonly can: (run: Run) => boolean
	readonly take: (run: Run) => Promise<void>
}

function enters(run: Run, member: Member, role: MemberRole): void {
	run.roles.set(member, role)
	run.removed.delete(member)
	const before = run.mayRead.get(member) ?? []
	run.mayRead.set(member, run.shared ? [...run.written] : before)
}

const writers = (run: Run) => membersHere(run).filter((one) => isWriter(run.roles.get(one)))
const others = (run: Run) => [...run.roles.keys()].filter((one) => one !== owner(run))
const strangers = (run: Run) => run.everybody.filter((one) => !run.roles.has(one) && isHere(run, one))
const joiners = (run: Run) => strangers(run).filter((one) => !run.removed.has(one))
const awayable = (run: Run) =>
	run.everybody.flatMap(({ devices }) => devices).filter((one) => one !== owner(run).person && !run.away.has(one))

/** `meanwhile`: what happens to the device between the word and its arrival. */
async function writeOn(
	run: Run,
	device: NodeDevice,
	meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
	const text = `${device.name} ${run.written.length}`
	run.written.push(text)
	for (const one of run.roles.keys()) run.mayRead.get(one)?.push(text)
	await post(device, run.group, text)
	await meanwhile()
	await messagesUntil(device.api, run.group, (all) => all.some((one) => textOf(one) === text && one.mark !== 'queued'))
	run.tally.texts++
}

export const write: GroupStep = {
	...{ name: 'write', weight: 8 },
	can: (run) => writers(run).length > 0,
	take: (run) => writeOn(run, deviceOf(run, run.chance.pick(writers(run)))),
}

/** The connection breaks while a message is on its way, and is back at once. */
const breakUnderWay: GroupStep = {
	...{ name: 'break', weight: 3 },
	can: write.can,
	take: async (run) => {
		const device = deviceOf(run, run.chance.pick(writers(run)))
		await writeOn(run, device, async () => {
			device.wire.cut()
			await offlineUntil(device)
			device.wire.resume()
		})
		run.tally.drops++
	},
}

export const add: GroupStep = {
	...{ name: 'add', weight: 4 },
	can: (run) => strangers(run).length > 0 && isHere(run, owner(run)),
	take: async (run) => {
		const member = run.chance.pick(strangers(run))
		const role = run.chance.pick(['admin', 'member', 'member', 'reader'] as const)
		const members = [{ account: accountOf(member), role }]
		must(await deviceOf(run, owner(run)).api.addMembers({ conversation: run.group, members }))
		enters(run, member, role)
		run.tally.adds++
	},
}

/** All who may, by one link, at once. */
const join: GroupStep = {
	...{ name: 'join', weight: 10 },
	can: (run) => run.shared && joiners(run).length > 0 && admins(run).length > 0,
	take: async (run) => {
		const terms = { role: 'member', expires: null, uses: null } as const
		const by = deviceOf(run, run.chance.pick(admins(run)))
		const { url, link } = must(await by.api.createGroupLink({ conversation: run.group, ...terms }))
		const some = joiners(run).slice(0, 1 + run.chance.below(3))
		const devices = some.map((member) => deviceOf(run, member))
		for (const joined of await Promise.all(devices.map(({ api }) => api.joinByLink({ url })))) must(joined)
		for (const member of some) enters(run, member, 'member')
		run.tally.joins += some.length
		if (run.chance.percent(40)) must(await by.api.endGroupLink({ conversation: run.group, link }))
	},
}

function goes(run: Run, member: Member): void {
	run.roles.delete(member)
	run.removed.add(member)
	run.tally.removes++
}

const remove: GroupStep = {
	...{ name: 'remove', weight: 2 },
	can: (run) => others(run).length > 1,
	take: async (run) => {
		const member = run.chance.pick(others(run))
		const acting = admins(run).filter((one) => one !== member)
		if (acting.length === 0) return
		const by = deviceOf(run, run.chance.pick(acting))
		must(await by.api.removeMembers({ conversation: run.group, accounts: [accountOf(member)] }))
		goes(run, member)
	},
}

/** Several at once, from whichever of their devices: all get what they want, and what is written meanwhile arrives. */
const conflict: GroupStep = {
	...{ name: 'conflict', weight: 3 },
	can: (run) => {
		const [first, second] = admins(run)
		return second !== undefined && others(run).some((one) => one !== first && one !== second)
	},
	take: async (run) => {
		const [first, second] = admins(run) as [Member, Member]
		const member = run.chance.pick(others(run).filter((one) => one !== first && one !== second))
		const { group: conversation } = run
		const accounts = [accountOf(member)]
		const by = [first, second, first, second].map((one) => deviceOf(run, one))
		const [one, two, three, four] = by as [NodeDevice, NodeDevice, NodeDevice, NodeDevice]
		const policy = { knock: run.chance.percent(50) ? 'yes' : 'no' } as const
		const wanted = [
			one.api.removeMembers({ conversation, accounts }),
			two.api.removeMembers({ conversation, accounts }),
			three.api.renameGroup({ conversation, name: `named ${run.written.length}`, topic: '' }),
			four.api.setGroupPolicy({ conversation, policy }),
		]
		for (const result of await Promise.all(wanted)) must(result)
		goes(run, member)
		run.tally.conflicts++
		await settled(run)
		for (const device of [one, two]) await writeOn(run, device)
	},
}

const leavers = (run: Run) => others(run).filter((one) => isHere(run, one))

const leave: GroupStep = {
	...{ name: 'leave', weight: 2 },
	can: (run) => leavers(run).length > 1,
	take: async (run) => {
		const member = run.chance.pick(leavers(run))
		const device = deviceOf(run, member)
		const { epoch } = await groupUntil(device, run.group, () => true)
		must(await device.api.leaveGroup({ conversation: run.group }))
		run.roles.delete(member)
		run.tally.leaves++
		await rotated(run, epoch)
	},
}

export const changeRole: GroupStep = {
	...{ name: 'role', weight: 2 },
	can: (run) => others(run).length > 0 && isHere(run, owner(run)),
	take: async (run) => {
		const member = run.chance.pick(others(run))
		const has = run.roles.get(member)
		const role = run.chance.pick((['admin', 'member', 'reader'] as const).filter((one) => one !== has))
		const members = [{ account: accountOf(member), role }]
		must(await deviceOf(run, owner(run)).api.setRoles({ conversation: run.group, members }))
		run.roles.set(member, role)
	},
}

/** Devices that members lost so far, over all histories of their world: who gave his password much oftener would have to wait. */
const losses = new WeakMap<Member, number>()
const lossesMax = 4

const withTwo = (run: Run) =>
	writers(run).filter(
		(one) => one.devices.length > 1 && !run.away.has(one.person) && (losses.get(one) ?? 0) < lossesMax,
	)

/** Somebody's second device is lost, and another takes its place. */
const revoke: GroupStep = {
	...{ name: 'revoke', weight: 1 },
	can: (run) => withTwo(run).length > 0,
	take: async (run) => {
		const member = run.chance.pick(withTwo(run))
		const { person } = member
		losses.set(member, (losses.get(member) ?? 0) + 1)
		const lost = member.devices.pop() as NodeDevice
		run.away.delete(lost)
		comeBack(run, lost)
		const id = await idOf(lost)
		const { epoch } = await groupUntil(person, run.group, () => true)
		must(await person.api.revokeDevices({ devices: [id], password: person.password }))
		const device = Object.assign(lost, { password: person.password, account: person.account, words: person.words })
		run.lost.push({ device, mayRead: [...(run.mayRead.get(member) ?? [])] })
		await rotated(run, epoch)
		member.devices.push(await secondDevice(run.world, person))
		run.tally.revokes++
	},
}

async function idOf({ api }: NodeDevice): Promise<DeviceId> {
	const session = await until(api, { view: 'session', of: null, is: ({ type }) => type === 'signed-in' })
	return session.type === 'signed-in' ? session.device : ''
}

const drop: GroupStep = {
	...{ name: 'drop', weight: 2 },
	can: (run) => awayable(run).length > 2,
	take: async (run) => {
		const device = run.chance.pick(awayable(run))
		device.wire.cut()
		await offlineUntil(device)
		run.away.set(device, 'cut')
		run.tally.drops++
	},
}

/** What comes to a device comes late and in another order, and so does all that it asks for after it. */
const hold: GroupStep = {
	...{ name: 'hold', weight: 3 },
	can: (run) => awayable(run).length > 2,
	take: async (run) => {
		const device = run.chance.pick(awayable(run))
		device.line?.hold('down')
		run.away.set(device, 'held')
		run.tally.holds++
	},
}

function comeBack(run: Run, { wire, line }: NodeDevice): void {
	wire.resume()
	if (line?.release('down', run.chance) === true) run.tally.reorders++
}

export const back: GroupStep = {
	...{ name: 'back', weight: 2 },
	can: (run) => run.away.size > 0,
	take: async (run) => {
		for (const [device, how] of [...run.away]) {
			comeBack(run, device)
			if (how === 'cut' && run.chance.percent(70)) await device.reopen()
			await onlineUntil(device)
			run.away.delete(device)
		}
	},
}

const archive: GroupStep = {
	...{ name: 'archive', weight: 1 },
	can: (run) => admins(run).length > 0,
	take: async (run) => {
		for (const archived of [true, false])
			must(await deviceOf(run, run.chance.pick(admins(run))).api.archiveGroup({ conversation: run.group, archived }))
		run.tally.archives++
	},
}

export const groupSteps: readonly GroupStep[] = [
	...[write, breakUnderWay, add, join, leave, remove, conflict, changeRole],
	...[drop, hold, back, archive, revoke],
]

/** What no history goes without. Who has nobody to let in by a link, where history is not shared, does without that. */
export const owedSteps: readonly GroupStep[] = [write, breakUnderWay, join, remove, conflict, drop, hold, leave]
