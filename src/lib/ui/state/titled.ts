/** What has no name of its own, or none that is here, is called something all the same. */
import { m } from '../messages/catalogue.ts'
import type { ChatView } from './views.ts'

export function titled<T extends { readonly title: string; readonly kind: ChatView['kind'] }>(named: T): T {
	if (named.kind === 'notes') return { ...named, title: m.notes_title() }
	return named.title === '' ? { ...named, title: m.group_unnamed() } : named
}
