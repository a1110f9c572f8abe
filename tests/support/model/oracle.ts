/**
 * What was promised, kept apart from every replica: each post whose `post` answered, and what its mark has said since.
 * At the end every one of them is everywhere once, in its device's order; on the way no screen ever shows a message twice,
 * out of its device's order, or under a mark that went back.
 */
import type { ConversationId, ConversationView, Mark, MessageView } from '#core/api.ts'

export interface Post {
	readonly device: string
	readonly conversation: ConversationId
	/** Counts per device from 1: the order of writing. */
	readonly number: number
	readonly text: string
	/** `post` has answered: it must never be lost. */
	isPromised: boolean
	/** Once its mark said sent: the server must hold it from then on. */
	event: string | null
}

export type ViolationKind =
	| 'lost'
	| 'twice'
	| 'unknown'
	| 'order'
	| 'different'
	| 'mark-went-back'
	| 'failed'
	| 'unreadable'
	| 'not-durable'
	| 'stored-twice'
	| 'never-settled'
	| 'trouble'

export interface Violation {
	readonly kind: ViolationKind
	readonly says: string
}

/** What a device shows in the end. */
export interface Shown {
	readonly device: string
	readonly conversation: ConversationId
	readonly messages: readonly MessageView[]
}

const marks: readonly Mark[] = ['queued', 'sent', 'delivered', 'read']

export class Oracle {
	readonly posts: Post[] = []
	readonly violations: Violation[] = []
	readonly #byText = new Map<string, Post>()
	readonly #marks = new Map<string, number>()

	violated(kind: ViolationKind, says: string): void {
		if (this.violations.some((known) => known.kind === kind && known.says === says)) return
		this.violations.push({ kind, says })
	}

	/** Before `post` is called. */
	writes(device: string, conversation: ConversationId): Post {
		const number = this.posts.filter((post) => post.device === device).length + 1
		const text = `${device} ${number}`
		const post: Post = { device, conversation, number, text, isPromised: false, event: null }
		this.posts.push(post)
		this.#byText.set(text, post)
		return post
	}

	/** Each value of a watched conversation. */
	sees(device: string, view: ConversationView): void {
		const where = `${device} in ${view.conversation}`
		const texts = new Set<string>()
		for (const message of view.messages) {
			const text = this.#textOf(where, message)
			if (text === null) continue
			if (texts.has(text)) this.violated('twice', `${where} shows "${text}" twice`)
			texts.add(text)
			this.#seesMark(device, text, message)
		}
		this.#isInOrder(where, [...texts])
	}

	#textOf(where: string, { content }: MessageView): string | null {
		if (content.type === 'text') return content.text
		this.violated('unreadable', `${where} shows ${JSON.stringify(content)}`)
		return null
	}

	#seesMark(device: string, text: string, { mark, event, mine }: MessageView): void {
		if (!mine || mark === null) return
		if (mark === 'failed') return this.violated('failed', `"${text}" failed`)
		const rank = marks.indexOf(mark)
		const before = this.#marks.get(`${device} ${text}`) ?? 0
		if (rank < before) this.violated('mark-went-back', `"${text}" on ${device} went from ${marks[before]} to ${mark}`)
		this.#marks.set(`${device} ${text}`, rank)
		const post = this.#byText.get(text)
		if (post !== undefined && rank > 0 && event !== null) post.event = event
	}

	#isInOrder(where: string, texts: readonly string[]): void {
		const last = new Map<string, number>()
		for (const text of texts) {
			const post = this.#byText.get(text)
			if (post === undefined) {
				this.violated('unknown', `${where} shows "${text}", which nobody wrote`)
				continue
			}
			if (post.number < (last.get(post.device) ?? 0))
				this.violated('order', `${where} shows "${text}" after a later one`)
			last.set(post.device, post.number)
		}
	}

	/** What the disk of the server holds after a power cut, before anybody could bring anything again. */
	checkDurable(eventIds: readonly string[]): void {
		const stored = new Set(eventIds)
		for (const { text, event } of this.posts) {
			if (event !== null && !stored.has(event))
				this.violated('not-durable', `"${text}" was marked sent, and the server lost it`)
		}
	}

	/** `eventIds`: one for each row of the server. `shown`: every conversation on every device that is in it. */
	checkEnd(eventIds: readonly string[], shown: readonly Shown[]): void {
		this.checkDurable(eventIds)
		const standing = new Set(shown.flatMap(({ messages }) => messages.map(({ event }) => event)))
		for (const [i, event] of eventIds.entries()) {
			if (eventIds.indexOf(event) < i) this.violated('stored-twice', `the server holds event ${event} twice`)
			else if (!standing.has(event))
				this.violated('stored-twice', `the server holds event ${event}, a second copy of a message`)
		}
		for (const conversation of new Set(this.posts.map((post) => post.conversation))) {
			this.#checkConversation(
				conversation,
				shown.filter((one) => one.conversation === conversation),
			)
		}
	}

	#checkConversation(conversation: ConversationId, shown: readonly Shown[]): void {
		const [first] = shown
		for (const { device, messages } of shown) {
			const texts = messages.map(({ content }) => (content.type === 'text' ? content.text : content.type))
			for (const post of this.posts) {
				if (post.conversation !== conversation || !post.isPromised || texts.includes(post.text)) continue
				this.violated('lost', `"${post.text}" is not on ${device}`)
			}
			const events = (one: Shown) => JSON.stringify(one.messages.map(({ event }) => event))
			if (first !== undefined && events({ device, conversation, messages }) !== events(first)) {
				this.violated('different', `${device} and ${first.device} show different lists in ${conversation}`)
			}
		}
	}
}
