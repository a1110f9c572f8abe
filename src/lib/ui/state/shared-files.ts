/** What another app shared, as the screen has it that asks where it goes. */
export interface Shared {
	readonly text: string
	readonly files: readonly File[]
	/** More was shared than one message carries, or than there is room for. */
	readonly tooMuch: boolean
}

/** Files that were shared, from the choice of a conversation until that stands: looked at there before they go. */
export class SharedFiles {
	readonly #waiting = new Map<string, readonly File[]>()

	give(conversation: string, files: readonly File[]): void {
		this.#waiting.set(conversation, files)
	}

	/** Once. */
	take(conversation: string): readonly File[] {
		const files = this.#waiting.get(conversation) ?? []
		this.#waiting.delete(conversation)
		return files
	}
}
