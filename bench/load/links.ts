/** Connects the members of a job and prepares what they will send. */
import type { LoadConversation, LoadJob, LoadMember } from './job.ts'
import { authorOf, KithLink } from './kith-link.ts'
import { PeerLink, updateMessage } from './peer-link.ts'
import { spotOf } from './plan.ts'
import { signMessage } from './signed-items.ts'

/** One member of one conversation. */
export interface Link {
	/** Sends message n of the conversation, which is this member's. */
	send(n: number): void
	readonly listen: (onFrame: (frame: Buffer) => void, onClose: (code: number) => void) => void
	readonly verdicts: () => { readonly accepted: number; readonly notAccepted: number }
}

export interface Party {
	readonly conversation: LoadConversation
	/** Index in conversation.members. */
	readonly member: number
	readonly link: Link
}

const connectingAtOnce = 32

export async function connectParties(job: LoadJob): Promise<Party[]> {
	const wanted = job.conversations.flatMap((conversation) =>
		conversation.members.map((_, member) => ({ conversation, member })),
	)
	const parties: Party[] = []
	for (let from = 0; from < wanted.length; from += connectingAtOnce) {
		const batch = wanted.slice(from, from + connectingAtOnce).map(async ({ conversation, member }) => {
			const link = await connect(job, conversation, conversation.members[member] as LoadMember)
			return { conversation, member, link }
		})
		parties.push(...(await Promise.all(batch)))
	}
	return parties
}

function connect(job: LoadJob, conversation: LoadConversation, member: LoadMember): Promise<Link> {
	return job.system === 'kith' ? connectKith(job, conversation, member) : connectPeer(job, conversation, member)
}

/** Messages of a member, in order. */
function* ownMessages({ messages, memberCount }: LoadConversation, { position }: LoadMember): Iterable<number> {
	for (let n = position; n < messages; n += memberCount) yield n
}

async function connectKith(job: LoadJob, conversation: LoadConversation, member: LoadMember): Promise<Link> {
	if (member.kith === null || conversation.kith === null) throw new Error('a member without keys')
	const author = authorOf(member.kith)
	const named = { ...conversation.kith, index: conversation.index }
	const prepared = new Map(
		[...ownMessages(conversation, member)].map((n) => {
			const spot = spotOf(n, conversation.memberCount, true)
			return [n, signMessage({ conversation: named, author, n, spot, itemBytes: job.itemBytes })]
		}),
	)
	// Not before everything is signed: a server does not wait long for a stranger.
	const link = new KithLink(job.port, member.kith)
	await link.enter()
	await link.follow([conversation.kith.id])
	return {
		send: (n) => link.send(taken(prepared, n)),
		listen: (onFrame, onClose) => Object.assign(link, { onFrame, onClose }),
		verdicts: () => link,
	}
}

async function connectPeer(job: LoadJob, conversation: LoadConversation, member: LoadMember): Promise<Link> {
	if (job.system === 'kith') throw new Error('not a peer')
	const prepared = new Map(
		[...ownMessages(conversation, member)].map((n) => {
			const spot = spotOf(n, conversation.memberCount, false)
			return [n, updateMessage({ conversation: conversation.index, n, spot, itemBytes: job.itemBytes })]
		}),
	)
	const link = new PeerLink(job.system, job.port, `bench-${conversation.index}`)
	await link.enter()
	return {
		send: (n) => link.send(taken(prepared, n)),
		listen: (onFrame, onClose) => Object.assign(link, { onFrame, onClose }),
		verdicts: () => ({ accepted: 0, notAccepted: 0 }),
	}
}

function taken<T>(prepared: Map<number, T>, n: number): T {
	const message = prepared.get(n)
	if (message === undefined) throw new Error('a message that is not prepared, or sent before')
	prepared.delete(n)
	return message
}

/** Nobody closes a socket while the load runs: what is lost by it shows in the result, why it shows here. */
export function sayClosed(code: number): void {
	process.stderr.write(`a socket was closed with ${code} in the middle of the run\n`)
}
