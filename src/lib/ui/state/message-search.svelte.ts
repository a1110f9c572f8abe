/** What is typed into the search over messages, and what is found: the view of what was asked last, the one before it meanwhile. */
import type { ConversationId, KithApi, SearchView } from '#core/api.ts'

/** Hits at first, and more with each wish for more. */
const pageSize = 25

export class MessageSearch {
	text = $state('')
	conversation = $state<ConversationId | null>(null)
	view = $state.raw<SearchView | null>(null)
	/** What `view` answers; another text is on its way. */
	answered = $state('')
	#count = $state(pageSize)
	/** Resolves when what was asked last is answered. */
	#free = Promise.resolve()
	readonly #api: KithApi

	constructor(api: KithApi, text: string, conversation: ConversationId | null) {
		this.#api = api
		this.text = text
		this.conversation = conversation
	}

	/**
	 * To be run in an effect: asks anew when something else is wanted. Returns how to stop. A letter asks at once; what is typed while an
	 * answer is on its way waits for it, and only the newest of it is asked.
	 */
	watch(): () => void {
		const of = { text: this.text.trim(), conversation: this.conversation, count: this.#count }
		const { promise, resolve: answered } = Promise.withResolvers<void>()
		let [isWanted, isAnswered] = [true, false]
		let stop = () => {}
		const take = (view: SearchView) => {
			isAnswered = true
			answered()
			if (!isWanted) return stop()
			this.view = view
			this.answered = of.text
		}
		void this.#free.then(() => {
			if (isWanted) stop = this.#api.watch('search', of, take)
			else answered()
		})
		this.#free = promise
		return () => {
			isWanted = false
			if (isAnswered) stop()
		}
	}

	type(text: string): void {
		this.text = text
		this.#count = pageSize
	}

	/** Puts a filter behind what was typed. */
	add(filter: string): void {
		this.type(`${this.text.trim()} ${filter}`.trimStart())
	}

	within(conversation: ConversationId | null): void {
		this.conversation = conversation
		this.#count = pageSize
	}

	more(): void {
		this.#count += pageSize
	}
}
