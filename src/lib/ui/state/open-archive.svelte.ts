/** An archive that is being opened, step by step: how far it is, and how to stop it. */
import type { Imported, KithApi, KithError } from '#core/api.ts'

export class OpenArchive {
	isOpening = $state(false)
	percent = $state(0)
	error = $state.raw<KithError | null>(null)
	readonly #api: KithApi
	#key: string | null = null
	#stopped = false

	constructor(api: KithApi) {
		this.#api = api
	}

	/** Null when it was stopped or refused: then nothing of it is here. */
	async open(file: File, passphrase: string): Promise<Imported | null> {
		this.#stopped = false
		this.error = null
		this.percent = 0
		this.isOpening = true
		try {
			return await this.#read(file, passphrase)
		} finally {
			this.isOpening = false
			this.#key = null
		}
	}

	stop(): void {
		this.#stopped = true
		void this.#end()
	}

	async #end(): Promise<void> {
		if (this.#key !== null) await this.#api.endImport({ key: this.#key })
	}

	async #read(file: File, passphrase: string): Promise<Imported | null> {
		const begun = await this.#api.beginImport({ file, passphrase })
		if (!begun.ok) {
			this.error = begun.error
			return null
		}
		const { key } = begun.value
		this.#key = key
		if (this.#stopped) await this.#end()
		for (;;) {
			const step = await this.#api.nextOfImport({ key })
			// What was through before it could be stopped is here.
			if (!step.ok) {
				if (!this.#stopped) this.error = step.error
				return null
			}
			const { done, total, imported } = step.value
			if (imported !== null) return imported
			this.percent = Math.floor((100 * done) / total)
		}
	}
}
