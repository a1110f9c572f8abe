/** Two devices beside each other, from the first code on a screen to their connection. */
import type { KithApi, KithError, NearbyMet, NearbyRefusal } from '#core/api.ts'

export type Meeting =
	| { readonly type: 'idle' }
	/** Ours is there to be scanned; `code` null: it is being made. */
	| { readonly type: 'showing'; readonly code: string | null }
	/** The other's was scanned; ours answers it. */
	| { readonly type: 'answering'; readonly code: string }
	/** Both were scanned. */
	| { readonly type: 'connecting' }
	| { readonly type: 'met'; readonly met: NearbyMet }
	| { readonly type: 'missed' }
	/** This browser has no WebRTC. */
	| { readonly type: 'no-way' }

export class Nearby {
	meeting = $state.raw<Meeting>({ type: 'idle' })
	/** Why the last code was of no use. */
	refused = $state.raw<Exclude<NearbyRefusal, 'no-way'> | null>(null)
	error = $state.raw<KithError | null>(null)
	readonly #api: KithApi
	#run = 0
	#read: string | null = null

	constructor(api: KithApi) {
		this.#api = api
	}

	/** Then `show`, once the camera is open or refused. */
	start(): void {
		const run = ++this.#run
		this.#read = null
		this.refused = null
		this.error = null
		this.meeting = { type: 'showing', code: null }
		void this.#meet(run)
	}

	/** Makes our code. While a page sees by a camera, browsers let it tell the addresses of its device, and no name that stands for one. */
	async show(): Promise<void> {
		const run = this.#run
		const offer = await this.#api.nearbyOffer()
		if (run !== this.#run) return
		if (!offer.ok) return this.#fail(offer.error)
		const { code } = offer.value
		if (this.meeting.type === 'showing') this.meeting = code === null ? { type: 'no-way' } : { type: 'showing', code }
	}

	/** What a camera read, or somebody put in: a code, or the address that carries it. */
	async read(text: string): Promise<void> {
		const code = text.slice(text.indexOf('#') + 1).trim()
		const { type } = this.meeting
		if (code === this.#read || (type !== 'showing' && type !== 'answering')) return
		this.#read = code
		const run = this.#run
		const heard = await this.#api.nearbyRead({ code })
		if (run !== this.#run || this.#isOver()) return
		if (!heard.ok) return this.#fail(heard.error)
		this.refused = null
		switch (heard.value.type) {
			case 'answer':
				this.meeting = { type: 'answering', code: heard.value.code }
				return
			case 'connecting':
				this.meeting = { type: 'connecting' }
				return
			case 'refused':
				if (heard.value.why === 'no-way') this.meeting = { type: 'no-way' }
				else this.refused = heard.value.why
		}
	}

	/** Whoever is connected stays so. */
	leave(): void {
		this.#run++
		this.meeting = { type: 'idle' }
		void this.#api.nearbyLeave()
	}

	#isOver(): boolean {
		return this.meeting.type === 'met' || this.meeting.type === 'missed'
	}

	async #meet(run: number): Promise<void> {
		const met = await this.#api.nearbyMet()
		if (run !== this.#run) return
		if (!met.ok) return this.#fail(met.error)
		this.meeting = met.value === null ? { type: 'missed' } : { type: 'met', met: met.value }
		// What else was shown is worth nothing any more.
		void this.#api.nearbyLeave()
	}

	#fail(error: KithError): void {
		this.error = error
		this.meeting = { type: 'idle' }
	}
}
