/** Pictures of groups as addresses that the page can show: each is asked for once, however often it is shown. */
import type { KithApi } from '#core/api.ts'

/** A picture that did not come, ms. */
const askAgain = 4_000

export class GroupPictures {
	readonly #api: KithApi
	/** By what names the picture. */
	readonly #urls = new Map<string, Promise<string | null>>()

	constructor(api: KithApi) {
		this.#api = api
	}

	/**
	 * `show` is told the address of the picture, now (soon) and after every change; null: none, or it did not come yet. What did not
	 * come is asked for again while somebody shows it. Returns how to stop.
	 */
	watch(conversation: string, show: (url: string | null) => void): () => void {
		let newest: string | null = null
		let again: ReturnType<typeof setTimeout> | undefined
		const ask = async (named: string) => {
			const found = await this.#urlOf(conversation, named)
			if (newest !== named) return
			show(found)
			if (found === null) again = setTimeout(() => void ask(named), askAgain)
		}
		const stop = this.#api.watch('picture', conversation, (named) => {
			clearTimeout(again)
			newest = named
			if (named === null) show(null)
			else void ask(named)
		})
		return () => {
			newest = null
			clearTimeout(again)
			stop()
		}
	}

	/** Addresses end with the account that saw them. */
	forget(): void {
		for (const url of this.#urls.values())
			void url.then((made) => {
				if (made !== null) URL.revokeObjectURL(made)
			})
		this.#urls.clear()
	}

	#urlOf(conversation: string, named: string): Promise<string | null> {
		const known = this.#urls.get(named)
		if (known !== undefined) return known
		const url = this.#load(conversation, named)
		this.#urls.set(named, url)
		return url
	}

	async #load(conversation: string, named: string): Promise<string | null> {
		const image = await this.#api.groupPicture({ conversation })
		// Asked again by the next who shows it.
		if (!image.ok) this.#urls.delete(named)
		return image.ok ? URL.createObjectURL(new Blob([image.value])) : null
	}
}
