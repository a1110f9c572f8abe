/** A copy that is being made, piece by piece, into wherever it goes: how far it is, and how to stop it. */
import type { ExportWish, KithApi, KithError } from '#core/api.ts'

/** Where it goes: copy-sink.ts. */
export interface CopySink {
	readonly write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>
	readonly close: () => Promise<void>
	/** Nothing is left of it. */
	readonly abort: () => Promise<void>
}

export class SaveCopy {
	isMaking = $state(false)
	/** Null while it is not known how much there is. */
	percent = $state<number | null>(null)
	error = $state.raw<KithError | null>(null)
	readonly #api: KithApi
	#stopped = false
	#key: string | null = null

	constructor(api: KithApi) {
		this.#api = api
	}

	/** False when it was stopped or failed: then nothing is left of it. */
	async make(wish: ExportWish, sink: CopySink): Promise<boolean> {
		this.#stopped = false
		this.error = null
		this.percent = null
		this.isMaking = true
		try {
			const isWhole = await this.#into(sink, wish)
			if (isWhole) await sink.close()
			else await sink.abort()
			return isWhole
		} catch {
			// What takes it has no room, or is gone.
			this.error = { type: 'no-room' }
			await sink.abort().catch(() => undefined)
			await this.#end()
			return false
		} finally {
			this.isMaking = false
			this.#key = null
		}
	}

	stop(): void {
		this.#stopped = true
		void this.#end()
	}

	async #end(): Promise<void> {
		if (this.#key !== null) await this.#api.endExport({ key: this.#key })
	}

	async #into(sink: CopySink, wish: ExportWish): Promise<boolean> {
		const begun = await this.#api.beginExport(wish)
		if (!begun.ok) {
			this.error = begun.error
			return false
		}
		const { key } = begun.value
		this.#key = key
		if (this.#stopped) await this.#end()
		for (;;) {
			const piece = await this.#api.nextOfExport({ key })
			if (this.#stopped) return false
			if (!piece.ok) {
				this.error = piece.error
				return false
			}
			const { bytes, done, total } = piece.value
			if (bytes.length === 0) return true
			await sink.write(bytes)
			this.percent = total === 0 ? 100 : Math.floor((100 * done) / total)
		}
	}
}
