/** A group whose name is not here, or that has none, is called something all the same. */
import { m } from '../messages/catalogue.ts'

export function titled<T extends { readonly title: string }>(named: T): T {
	return named.title === '' ? { ...named, title: m.group_unnamed() } : named
}
