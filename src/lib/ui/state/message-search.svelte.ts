/** What is typed into the search over messages, and what is found: the view of what was asked last, the one before it meanwhile. */
import type { ConversationId, KithApi, SearchView } from '#core/api.ts'

/** Hits at first, and more with each wish for more. */
const pageSize = 25
/** The first letter asks at once, and who types on asks again when he rests. */
const restMs = 80

export class MessageSearch {
	text = $state('')
	conversation = $state<ConversationId | null>(null)
	view = $state.raw<SearchView | null>(null)
	/** What `view` answers; another text is on its way. */
	answered = $state('')
	#count = $state(pageSize)
	/** Runs while somebody types. */
	#typing: ReturnType<typeof setTimeout> | null = null
	readonly #api: KithApi

	constructor(api: KithApi, text: string, conversation: ConversationId | null) {
		this.#api = api
		this.text = text
		this.conversation = conversation
	}

	/** To be run in an effect: asks anew when something else is wanted. Returns how to stop. */
	watch(): () => void {
		const of = { text: this.text.trim(), conversation: this.conversation, count: this.#count }
		let stop = () => {}
		const ask = () => {
			stop = this.#api.watch('search', of, (view) => {
				this.view = view
				this.answered = of.text
			})
		}
		const timer = setTimeout(ask, this.#typing === null ? 0 : restMs)
		if (this.#typing !== null) clearTimeout(this.#typing)
		this.#typing = setTimeout(() => (this.#typing = null), restMs)
		return () => {
			clearTimeout(timer)
			stop()
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
