/** One thing that a person asked for: whether it is under way, and what went wrong the last time. */
import type { KithError } from '#core/api.ts'

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: KithError }

export class Task {
	busy = $state(false)
	error = $state.raw<KithError | null>(null)

	/** The answer of `work`; its error stays here until the next try. Asked twice, the second one waits for nobody and does nothing. */
	async run<T>(
		work: () => Promise<Answer<T>>,
	): Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false }> {
		if (this.busy) return { ok: false }
		this.busy = true
		this.error = null
		try {
			const answer = await work()
			if (answer.ok) return answer
			this.error = answer.error
			return { ok: false }
		} finally {
			this.busy = false
		}
	}
}
