/** Pictures of groups as addresses that the page can show: each is asked for once, however often it is shown. */
import type { KithApi } from '#core/api.ts'

export class GroupPictures {
	readonly #api: KithApi
	/** By what names the picture. */
	readonly #urls = new Map<string, Promise<string | null>>()

	constructor(api: KithApi) {
		this.#api = api
	}

	/** `show` is told the address of the picture, now (soon) and after every change; null: none, or it did not come. Returns how to stop. */
	watch(conversation: string, show: (url: string | null) => void): () => void {
		let newest: string | null = null
		let stopped = false
		const stop = this.#api.watch('picture', conversation, (named) => {
			newest = named
			const url = named === null ? Promise.resolve(null) : this.#urlOf(conversation, named)
			void url.then((found) => {
				if (!stopped && newest === named) show(found)
			})
		})
		return () => {
			stopped = true
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
