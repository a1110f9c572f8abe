/** Changes a field as typing would: the change can be undone, and the field says that it was typed in. */
import type { Replacement } from '../../state/text-style.ts'

export function replaceText(field: HTMLTextAreaElement, { start, end, by, select }: Replacement): void {
	field.focus()
	field.setSelectionRange(start, end)
	// Deprecated, and still the only way that keeps the field's history of changes.
	if (!document.execCommand(by === '' ? 'delete' : 'insertText', false, by)) {
		field.setRangeText(by, start, end)
		field.dispatchEvent(new InputEvent('input', { bubbles: true }))
	}
	field.setSelectionRange(...select)
}
