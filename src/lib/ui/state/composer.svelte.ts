/** What is being written in one conversation: the text, its draft in the store, and the signs of typing. */
import type { ConversationId, KithApi, KithError, MessageView } from '#core/api.ts'

const draftDelayMs = 400
const typingRepeatMs = 3_000
const typingEndsMs = 5_000

export class Composer {
	text = $state('')
	error = $state.raw<KithError | null>(null)
	/** The message that is answered; it has an id. */
	replyTo = $state.raw<MessageView | null>(null)

	#api: KithApi
	#id: ConversationId
	#saved = ''
	#draftTimer: ReturnType<typeof setTimeout> | undefined
	#typingTimer: ReturnType<typeof setTimeout> | undefined
	/** When typing was last said; null while nobody sees it. */
	#typingSaid: number | null = null

	readonly empty = $derived(this.text.trim() === '')

	constructor(api: KithApi, id: ConversationId) {
		this.#api = api
		this.#id = id
	}

	/** A draft that the store kept; what was typed meanwhile wins. */
	receiveDraft(draft: string): void {
		if (this.text !== '') return
		this.text = draft
		this.#saved = draft
	}

	/** After each change by the person who types. */
	typed(): void {
		this.error = null
		clearTimeout(this.#draftTimer)
		this.#draftTimer = setTimeout(() => void this.#saveDraft(), draftDelayMs)
		if (this.empty) this.#stopTyping()
		else this.#sayTyping()
	}

	/** Clears the field at once; puts the text back when the core did not take it. */
	async send(): Promise<boolean> {
		const text = this.text.trim()
		if (text === '') return false
		const { replyTo } = this
		this.text = ''
		this.replyTo = null
		this.#stopTyping()
		clearTimeout(this.#draftTimer)
		const result = await this.#api.post({ conversation: this.#id, text, replyTo: replyTo?.event ?? null })
		if (result.ok) {
			this.error = null
			await this.#saveDraft()
			return true
		}
		this.text = this.text === '' ? text : `${text}\n${this.text}`
		this.replyTo ??= replyTo
		this.error = result.error
		return false
	}

	/** The page may go in a moment: what is written is kept now. */
	keep(): void {
		clearTimeout(this.#draftTimer)
		void this.#saveDraft()
	}

	/** The conversation is left: the draft is kept now, and nobody sees typing any more. */
	leave(): void {
		this.keep()
		this.#stopTyping()
	}

	async #saveDraft(): Promise<void> {
		if (this.text === this.#saved) return
		this.#saved = this.text
		await this.#api.saveDraft({ conversation: this.#id, text: this.text })
	}

	#sayTyping(): void {
		clearTimeout(this.#typingTimer)
		this.#typingTimer = setTimeout(() => this.#stopTyping(), typingEndsMs)
		const now = performance.now()
		if (this.#typingSaid !== null && now - this.#typingSaid < typingRepeatMs) return
		this.#typingSaid = now
		void this.#api.setTyping({ conversation: this.#id, typing: true })
	}

	#stopTyping(): void {
		clearTimeout(this.#typingTimer)
		if (this.#typingSaid === null) return
		this.#typingSaid = null
		void this.#api.setTyping({ conversation: this.#id, typing: false })
	}
}
