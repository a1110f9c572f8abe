/** What was done, said for a moment where everybody sees and hears it; with a way back where there is one. */
import { toast } from 'svelte-sonner'
import { m } from '../../messages/catalogue.ts'
import { errorSentence } from '../../messages/errors.ts'
import type { KithError } from '../../state/views.ts'

/** Long enough to read it, find the button and change one's mind, ms. */
const undoMs = 10_000

type Undo = () => Promise<{ readonly ok: true } | { readonly ok: false; readonly error: KithError }>

/** `undo`: takes back what was done; where it fails, that is said too. */
export function tell(text: string, undo?: Undo): void {
	if (undo === undefined) return void toast(text)
	const takeBack = async () => {
		const result = await undo()
		if (!result.ok) toast.error(errorSentence(result.error))
	}
	toast(text, { duration: undoMs, action: { label: m.action_undo(), onClick: () => void takeBack() } })
}
