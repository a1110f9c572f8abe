/**
 * The links in a text. Text in, text and addresses out: nothing here is ever read as markup. Only http and https count, and a
 * link shows exactly the characters that were written.
 */
export type Segment =
	| { readonly type: 'text'; readonly text: string }
	| { readonly type: 'link'; readonly text: string; readonly href: string }

/** Ends at controls and at invisible characters that turn the direction of what is read (\p{C}). */
const candidate = /\bhttps?:\/\/[^\s<>"'`\p{C}]+/giu
const trailing = /[.,:;!?…'"”’»*_~]+$/u

export function linkify(text: string): Segment[] {
	const segments: Segment[] = []
	let position = 0
	for (const match of text.matchAll(candidate)) {
		const link = withoutTrailing(match[0])
		const href = safeHref(link)
		if (href === null) continue
		if (match.index > position) segments.push({ type: 'text', text: text.slice(position, match.index) })
		segments.push({ type: 'link', text: link, href })
		position = match.index + link.length
	}
	if (position < text.length) segments.push({ type: 'text', text: text.slice(position) })
	return segments
}

/** Punctuation that ends the sentence, and a closing bracket that was opened before the link, are not part of it. */
function withoutTrailing(link: string): string {
	let trimmed = link.replace(trailing, '')
	for (const [open, close] of [
		['(', ')'],
		['[', ']'],
		['{', '}'],
	] as const) {
		while (trimmed.endsWith(close) && count(trimmed, close) > count(trimmed, open)) {
			trimmed = trimmed.slice(0, -1).replace(trailing, '')
		}
	}
	return trimmed
}

function count(text: string, character: string): number {
	return text.split(character).length - 1
}

/** Null for what no browser should open from a message. A name before the host disguises it: `https://bank.example@evil.example`. */
export function safeHref(link: string): string | null {
	if (!URL.canParse(link)) return null
	const url = new URL(link)
	const plain = (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === ''
	return plain && url.hostname !== '' ? url.href : null
}
