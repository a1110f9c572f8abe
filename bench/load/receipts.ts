/** Who has received what. An author's own message that a peer echoes to him counts for nothing. */
import type { LoadConversation, LoadJob } from './job.ts'

interface Book {
	readonly conversation: LoadConversation
	/** Per member of this process, by message: received. */
	readonly seen: readonly Uint8Array[]
	/** Per message: members of this process that have not received it yet. */
	readonly missing: Uint16Array
}

export interface Receipt {
	readonly conversation: number
	readonly n: number
	/** No member of this process lacks it any more. */
	readonly complete: boolean
}

export class Receipts {
	#books = new Map<number, Book>()
	received = 0
	repeated = 0

	constructor({ conversations }: LoadJob) {
		for (const conversation of conversations) this.#books.set(conversation.index, newBook(conversation))
	}

	/** Null for what is no delivery: an echo, or a copy. `member`: its place in the job's list. */
	note(conversation: number, member: number, n: number): Receipt | null {
		const book = this.#books.get(conversation)
		const seen = book?.seen[member]
		if (book === undefined || seen === undefined || isAuthor(book.conversation, member, n)) return null
		if (seen[n] === 1) {
			this.repeated++
			return null
		}
		seen[n] = 1
		this.received++
		const left = (book.missing[n] as number) - 1
		book.missing[n] = left
		return { conversation, n, complete: left === 0 }
	}

	/** Deliveries that the first `sent` messages of each conversation should have made here. */
	expected(sent: (conversation: number) => number): number {
		let sum = 0
		for (const { conversation } of this.#books.values()) {
			for (let n = 0; n < sent(conversation.index); n++) sum += readers(conversation, n)
		}
		return sum
	}
}

function newBook(conversation: LoadConversation): Book {
	const { members, messages } = conversation
	return {
		conversation,
		seen: members.map(() => new Uint8Array(messages)),
		missing: Uint16Array.from({ length: messages }, (_, n) => readers(conversation, n)),
	}
}

function isAuthor({ members, memberCount }: LoadConversation, member: number, n: number): boolean {
	return members[member]?.position === n % memberCount
}

/** Members of this process that are to receive message n. */
function readers({ members, memberCount }: LoadConversation, n: number): number {
	const author = n % memberCount
	return members.length - (members.some(({ position }) => position === author) ? 1 : 0)
}
