/** Makes the jobs of a run: which conversations and members each load process has. */
import type { ServerProcess } from '../server-process.ts'
import type { SeededWorld } from '../seed/world.ts'
import type { SystemName } from '../systems/system.ts'
import type { LoadConversation, LoadJob, LoadMember } from './job.ts'

export interface LoadShape {
	readonly system: SystemName
	/** Of our server; null for the peers. */
	readonly world: SeededWorld | null
	readonly conversations: number
	readonly members: number
	/** Messages of each conversation. */
	readonly messages: number
	readonly itemBytes: number
	readonly loop: LoadJob['loop']
}

/** Whole conversations for each process, or, where there is only one, some of its members for each. */
export function jobsOf(shape: LoadShape & { readonly server: ServerProcess }, processes: number): LoadJob[] {
	const { system, server, itemBytes, loop } = shape
	const all = Array.from({ length: shape.conversations }, (_, index) => conversationOf(shape, index))
	const shares = Array.from({ length: processes }, (_, process) =>
		all.length >= processes
			? all.filter(({ index }) => index % processes === process)
			: all.map((conversation) => shareOf(conversation, process, processes)),
	)
	return shares.map((conversations) => ({ system, port: server.port, itemBytes, conversations, loop }))
}

/** Every second member of each conversation at one server, the others at the other; a process for each. */
export function jobsAcross(shape: LoadShape, ports: readonly number[]): LoadJob[] {
	const all = Array.from({ length: shape.conversations }, (_, index) => conversationOf(shape, index))
	const { system, itemBytes, loop } = shape
	return ports.map((port, at) => {
		const conversations = all.map((conversation) => shareOf(conversation, at, ports.length))
		return { system, port, itemBytes, conversations, loop }
	})
}

function shareOf(conversation: LoadConversation, process: number, processes: number): LoadConversation {
	return { ...conversation, members: conversation.members.filter(({ position }) => position % processes === process) }
}

function conversationOf({ world, members, messages }: LoadShape, index: number): LoadConversation {
	const seeded = world?.conversations[index]
	const all = Array.from({ length: members }, (_, position): LoadMember => {
		const account = world?.accounts[seeded?.members[position] ?? -1]
		return { position, kith: account ?? null }
	})
	return { index, memberCount: members, messages, kith: seeded ?? null, members: all }
}
