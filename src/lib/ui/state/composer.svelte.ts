/** What is being written in one conversation: the text, its draft in the store, and the signs of typing. */
import type { ConversationId, KithApi, KithError, MessageView } from '#core/api.ts'
import { NewFiles, type DrawPicture } from './new-files.svelte.ts'
import type { Answer } from './task.svelte.ts'

const draftDelayMs = 400
const typingRepeatMs = 3_000
const typingEndsMs = 5_000

/** Who sends pictures says how they are drawn: none goes as it came. */
const cannotDraw: DrawPicture = () => Promise.reject(new Error('nothing to draw with'))

export class Composer {
	readonly conversation: ConversationId
	text = $state('')
	error = $state.raw<KithError | null>(null)
	/** The message that is answered; it has an id. */
	replyTo = $state.raw<MessageView | null>(null)
	/** The own message whose text is changed. */
	editing = $state.raw<MessageView | null>(null)
	/** To go with the text. */
	readonly files = new NewFiles()
	/** Files are made ready: it takes as long as they are large. */
	preparing = $state(false)

	#api: KithApi
	#saved = ''
	#stopped = false
	/** What was being written before an edit began. */
	#aside = ''
	#draftTimer: ReturnType<typeof setTimeout> | undefined
	#typingTimer: ReturnType<typeof setTimeout> | undefined
	/** When typing was last said; null while nobody sees it. */
	#typingSaid: number | null = null

	readonly empty = $derived(this.text.trim() === '' && this.files.empty)
	readonly #says = $derived(this.text.trim() !== '')

	constructor(api: KithApi, id: ConversationId) {
		this.#api = api
		this.conversation = id
	}

	/** Its text is in the field until it is sent or left; what was written comes back then. */
	startEdit(message: MessageView): void {
		if (message.content.type !== 'text') return
		if (this.editing === null) this.#aside = this.text
		this.replyTo = null
		this.editing = message
		this.text = message.content.text
		this.error = null
	}

	/** Leaves the edit, or the answer. */
	cancel(): void {
		this.replyTo = null
		this.error = null
		if (this.editing === null) return
		this.editing = null
		this.text = this.#aside
		this.#aside = ''
	}

	/** These messages are gone, for everybody or from here: none of their words stay, and nothing of them is answered or changed. */
	letGo(isGone: (message: MessageView) => boolean): void {
		if (this.replyTo !== null && isGone(this.replyTo)) this.replyTo = null
		if (this.editing !== null && isGone(this.editing)) this.cancel()
	}

	/** A draft that the store kept; what was typed meanwhile wins. */
	receiveDraft(draft: string): void {
		if (this.text !== '' || this.editing !== null) return
		this.text = draft
		this.#saved = draft
	}

	/** After each change by the person who types. */
	typed(): void {
		this.error = null
		if (this.editing !== null) return
		clearTimeout(this.#draftTimer)
		this.#draftTimer = setTimeout(() => void this.#saveDraft(), draftDelayMs)
		if (!this.#says) this.#stopTyping()
		else this.#sayTyping()
	}

	/** Clears the field at once; puts the text back when the core did not take it. */
	async send(draw: DrawPicture = cannotDraw): Promise<boolean> {
		const text = this.text.trim()
		if (this.editing !== null) return text === '' ? false : this.#saveEdit(this.editing, text)
		if (this.empty || this.preparing) return false
		const { replyTo } = this
		this.text = ''
		this.replyTo = null
		this.#stopTyping()
		clearTimeout(this.#draftTimer)
		this.preparing = !this.files.empty
		this.#stopped = false
		const result = await this.#post(text, replyTo, draw).finally(() => (this.preparing = false))
		if (result.ok) {
			this.files.clear()
			this.error = null
			await this.#saveDraft()
			return true
		}
		this.text = this.text === '' ? text : `${text}\n${this.text}`
		this.replyTo ??= replyTo
		this.error = this.#stopped ? null : result.error
		return false
	}

	/** The files are not made ready any further: all is as before, and nothing went wrong. */
	stop(): void {
		this.#stopped = true
		void this.#api.stopPreparing({ conversation: this.conversation })
	}

	async #post(text: string, replyTo: MessageView | null, draw: DrawPicture): Promise<Answer<unknown>> {
		// One that is gone from the disk, or larger than the browser draws.
		const files = await this.files.prepared(draw).catch(() => null)
		if (files === null) return { ok: false, error: { type: 'no-room' } }
		const beside = { replyTo: replyTo?.event ?? null, ...(files.length === 0 ? {} : { files }) }
		return this.#api.post({ conversation: this.conversation, text, ...beside })
	}

	/** The field is its own again once the core has taken the text. */
	async #saveEdit({ key }: MessageView, text: string): Promise<boolean> {
		const result = await this.#api.edit({ conversation: this.conversation, key, text })
		if (result.ok) this.cancel()
		else this.error = result.error
		return result.ok
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
		// What is edited is no draft.
		const text = this.editing === null ? this.text : this.#aside
		if (text === this.#saved) return
		this.#saved = text
		await this.#api.saveDraft({ conversation: this.conversation, text })
	}

	#sayTyping(): void {
		clearTimeout(this.#typingTimer)
		this.#typingTimer = setTimeout(() => this.#stopTyping(), typingEndsMs)
		const now = performance.now()
		if (this.#typingSaid !== null && now - this.#typingSaid < typingRepeatMs) return
		this.#typingSaid = now
		void this.#api.setTyping({ conversation: this.conversation, typing: true })
	}

	#stopTyping(): void {
		clearTimeout(this.#typingTimer)
		if (this.#typingSaid === null) return
		this.#typingSaid = null
		void this.#api.setTyping({ conversation: this.conversation, typing: false })
	}
}
