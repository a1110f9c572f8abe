/** Groups and rooms in stories: made by real clients, waited for by their own views. */
import type { ConversationId, GroupView, MemberRole, NewGroup } from '#core/api.ts'
import { must, until } from './watching.ts'
import { befriend, writableUntil, type Device, type Someone } from './world.ts'

export type Roles = readonly (readonly [Someone, MemberRole])[]

const plain = { kind: 'group', topic: '', history: 'shared', invite: 'admins', knock: 'no' } as const

/** Made by `owner`, who is everybody's friend by then; ready to be written in for all who may. */
export async function groupOf(
	owner: Someone,
	roles: Roles,
	change: Partial<Omit<NewGroup, 'members'>> = {},
): Promise<ConversationId> {
	for (const [person] of roles) await befriend(owner, person)
	const members = roles.map(([{ account }, role]) => ({ account, role }))
	const made = await owner.api.createGroup({ ...plain, name: 'The group', ...change, members })
	const { conversation } = must(made)
	await writableUntil(owner, conversation)
	for (const [person, role] of roles) if (role !== 'reader') await writableUntil(person, conversation)
	return conversation
}

export function groupUntil({ api }: Device, conversation: ConversationId, is: (group: GroupView) => boolean) {
	return until(api, { view: 'group', of: conversation, is: (group): group is GroupView => group !== null && is(group) })
}

/** Exactly these people are in it, by their names, as this device sees it. */
export function membersUntil(device: Device, conversation: ConversationId, names: readonly string[]) {
	const wanted = JSON.stringify(names.toSorted())
	return groupUntil(
		device,
		conversation,
		({ members }) => JSON.stringify(members.map(({ name }) => name).toSorted()) === wanted,
	)
}

export function epochUntil(device: Device, conversation: ConversationId, epoch: number) {
	return groupUntil(device, conversation, (group) => group.epoch === epoch)
}

export function notWritableUntil({ api }: Device, conversation: ConversationId, why: string) {
	return until(api, {
		view: 'conversation',
		of: conversation,
		is: (view) => view?.writable.type === 'no' && view.writable.why === why,
	})
}
