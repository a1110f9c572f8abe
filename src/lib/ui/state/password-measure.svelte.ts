/** How hard a password is to guess, asked of the core while it is typed; only the answer to the last question counts. */
import type { KithApi } from '#core/api.ts'

/** The bits below which the core refuses a password, and what counts as good and strong beyond. */
const enoughBits = 50
const strongBits = 70

export type Strength = 'empty' | 'measuring' | 'weak' | 'fair' | 'good' | 'strong'

const delayMs = 120

export class PasswordMeasure {
	strength = $state<Strength>('empty')
	/** A generated password that the core offers; empty until it was asked. */
	suggestion = $state('')
	/** Share of the meter that is filled, 0 to 1. */
	share = $state(0)

	#api: KithApi
	#question = 0
	#timer: ReturnType<typeof setTimeout> | undefined

	constructor(api: KithApi) {
		this.#api = api
	}

	measure(password: string, name: string): void {
		clearTimeout(this.#timer)
		const question = ++this.#question
		if (password !== '' && this.strength === 'empty') this.strength = 'measuring'
		this.#timer = setTimeout(() => void this.#ask(question, password, name), delayMs)
	}

	async #ask(question: number, password: string, name: string): Promise<void> {
		const result = await this.#api.estimatePassword({ password, name })
		if (question !== this.#question || !result.ok) return
		this.suggestion = result.value.suggestion
		this.strength = strengthOf(password, result.value.bits, result.value.enough)
		this.share = password === '' ? 0 : Math.min(1, Math.max(0.06, result.value.bits / 85))
	}
}

export function strengthOf(password: string, bits: number, enough: boolean): Strength {
	if (password === '') return 'empty'
	if (!enough) return bits < enoughBits / 2 ? 'weak' : 'fair'
	return bits < strongBits ? 'good' : 'strong'
}
