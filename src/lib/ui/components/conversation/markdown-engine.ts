/**
 * From Markdown to a piece of a document (marked, then DOMPurify). Two walls, each enough by itself: HTML in the text is
 * text, and the sanitiser leaves none but a short list of elements without any attribute but a link's and the
 * language of a block of code. Nothing in it asks
 * another origin for anything: a picture becomes a link.
 */
import type { Config } from 'dompurify'
import { Marked, type Tokens } from 'marked'
import { languageAttribute } from '../../state/code-block.ts'
import { linkify, safeHref } from '../../state/linkify.ts'
import { purify } from './purify.ts'

/** What a fence may name. */
const languageName = /^[a-z0-9+#.-]{1,20}$/i

const elements = [
	...['p', 'br', 'strong', 'em', 'del', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'a', 'hr'],
	...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
]
const config = {
	ALLOWED_TAGS: elements,
	ALLOWED_ATTR: ['href', 'start', languageAttribute],
	// Every other attribute is judged as an address.
	ADD_URI_SAFE_ATTR: ['start', languageAttribute],
	ALLOW_DATA_ATTR: false,
	ALLOW_ARIA_ATTR: false,
	ALLOWED_URI_REGEXP: /^https?:/i,
	RETURN_DOM_FRAGMENT: true,
} as const satisfies Config

const escapes: Readonly<Record<string, string>> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? sign)

/** The shown words, and where it goes if they do not say so: a link that names another place than its own deceives nobody. */
function linkTo(href: string, words: string, plain: string): string {
	const safe = safeHref(href)
	if (safe === null) return words
	const { host } = new URL(safe)
	const saysSo = safeHref(plain.trim()) === safe || plain.trim() === safe
	return `<a href="${escaped(safe)}">${words}</a>${saysSo ? '' : ` (${escaped(host)})`}`
}

function languageOf(fence: string | undefined): string {
	const named = fence?.trim().split(/\s/, 1)[0] ?? ''
	return languageName.test(named) ? ` ${languageAttribute}="${escaped(named)}"` : ''
}

const marked = new Marked({
	gfm: true,
	breaks: true,
	tokenizer: {
		// Bare links are found by linkify, by stricter rules; no HTML, no references from afar.
		url: () => undefined,
		autolink: () => undefined,
		html: () => undefined,
		tag: () => undefined,
		def: () => undefined,
	},
	renderer: {
		html: ({ text }: Tokens.HTML | Tokens.Tag) => escaped(text),
		heading({ tokens }: Tokens.Heading) {
			return `<p><strong>${this.parser.parseInline(tokens)}</strong></p>`
		},
		link({ href, tokens, text }: Tokens.Link) {
			return linkTo(href, this.parser.parseInline(tokens), text)
		},
		image: ({ href, text }: Tokens.Image) => linkTo(href, escaped(text === '' ? href : text), text),
		checkbox: ({ checked }: Tokens.Checkbox) => (checked ? '☑ ' : '☐ '),
		code: ({ text, lang }: Tokens.Code) => `<pre${languageOf(lang)}><code>${escaped(text)}</code></pre>`,
	},
})

const kept = new Map<string, DocumentFragment>()
const keptMax = 300

/** A piece of its own at every call. */
export function drawMarkdown(text: string): DocumentFragment {
	let drawn = kept.get(text)
	if (drawn === undefined) {
		drawn = purify.sanitize(marked.parse(text, { async: false }), config)
		dress(drawn)
		kept.set(text, drawn)
		if (kept.size > keptMax) kept.delete(kept.keys().next().value as string)
	}
	return drawn.cloneNode(true) as DocumentFragment
}

/** Bare links, and what every link and scrolled box needs. */
function dress(drawn: DocumentFragment): void {
	const walker = document.createTreeWalker(drawn, NodeFilter.SHOW_TEXT)
	const texts: Text[] = []
	while (walker.nextNode() !== null) texts.push(walker.currentNode as Text)
	for (const text of texts) if (text.parentElement?.closest('a, code') == null) linkBare(text)
	for (const link of drawn.querySelectorAll('a')) {
		link.target = '_blank'
		link.rel = 'noopener noreferrer nofollow'
	}
	for (const box of drawn.querySelectorAll<HTMLElement>('pre')) {
		box.tabIndex = 0
		box.dir = 'ltr'
	}
}

function linkBare(text: Text): void {
	const segments = linkify(text.data)
	if (segments.every(({ type }) => type === 'text')) return
	text.replaceWith(
		...segments.map((segment) => {
			if (segment.type === 'text') return segment.text
			const link = document.createElement('a')
			link.href = segment.href
			link.textContent = segment.text
			return link
		}),
	)
}
