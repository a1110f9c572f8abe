/** What was done, said for a moment where everybody sees and hears it; with a way back where there is one. */
import { m } from '../../messages/catalogue.ts'
import { errorSentenceLater } from '../../messages/later-errors.ts'
import { loadedApart } from '../../state/loaded-apart.ts'
import type { KithError } from '../../state/views.ts'

/** Long enough to read it, find the button and change one's mind, ms. */
const undoMs = 10_000

type Undo = () => Promise<{ readonly ok: true } | { readonly ok: false; readonly error: KithError }>

/** With the place where toasts appear (Toasts.svelte), or when the first is said. */
const readyToast = loadedApart(async () => (await import('svelte-sonner')).toast)

/** `undo`: takes back what was done; where it fails, that is said too. */
export function tell(text: string, undo?: Undo): void {
	void readyToast.load().then((toast) => {
		if (undo === undefined) return toast?.(text)
		const takeBack = async () => {
			const result = await undo()
			if (!result.ok) tellTrouble(await errorSentenceLater(result.error))
		}
		return toast?.(text, { duration: undoMs, action: { label: m.action_undo(), onClick: () => void takeBack() } })
	})
}

export function tellTrouble(sentence: string): void {
	void readyToast.load().then((toast) => toast?.error(sentence))
}
