/**
 * A conversation as one page of HTML to read and to print: no script, nothing from elsewhere, light and dark by what the reader's system
 * says. What people wrote is text, whatever it looks like.
 */
import type { ConversationId } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import type { PathOf } from './copy-files.ts'
import { exportPage, type ExportedFile, type ExportedMessage } from './export-page.ts'
import type { TextPiece } from './export-json.ts'

interface HtmlWish {
	readonly id: ConversationId
	readonly pages: number
	readonly title: string
	readonly pathOf: PathOf
}

const style = `:root{color-scheme:light dark;--line:#8883}
body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:.9rem;border-block-end:1px solid var(--line);margin:2rem 0 .5rem;padding-block-end:.25rem}
article{padding:.5rem 0;overflow-wrap:anywhere}p{margin:0;white-space:pre-wrap}
header{display:flex;gap:.5rem;align-items:baseline;font-size:.875rem}time,small,.note{opacity:.7}
blockquote{margin:.25rem 0;padding-inline-start:.75rem;border-inline-start:3px solid var(--line);font-size:.875rem}
figure{margin:.25rem 0}img,video{display:block;max-width:100%;max-height:30rem}
article:target{outline:2px solid;outline-offset:4px}`

/** Nothing in it may do anything, even where a text found a way out of being text: it shows what stands beside it. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file:; media-src 'self' file:"

function opening(name: string): string {
	const title = escapeHtml(name)
	return `<!doctype html>
<html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head>
<body><main><h1 dir="auto">${title}</h1>
`
}

const closing = '</main></body></html>\n'

/** The first page of a copy of many conversations, which stand beside it. */
export function htmlList(title: string, links: readonly { readonly path: string; readonly title: string }[]): string {
	const items = links.map(
		({ path, title }) => `<li><a href="${encodeURI(path)}" dir="auto">${escapeHtml(title)}</a></li>\n`,
	)
	return `${opening(title)}<ul>\n${items.join('')}</ul>${closing}`
}

export async function* htmlPieces(context: ConversationContext, wish: HtmlWish): AsyncGenerator<TextPiece> {
	const { accounts } = context
	yield { text: opening(wish.title), page: false }
	let day = ''
	for (let page = 0; page < wish.pages; page++) {
		const { messages } = await exportPage(context, { conversation: wish.id, page }, wish.pathOf)
		const lines = messages.map((message) => {
			const now = dayOf(message)
			const divider = now === day ? '' : `<h2>${now}</h2>\n`
			day = now
			return divider + article(message, (account) => accounts.person(account).displayName)
		})
		yield { text: lines.join(''), page: true }
	}
	yield { text: closing, page: false }
}

const timeOf = (message: ExportedMessage) => (message.type === 'text' ? message.writtenAt : message.sentAt)

/** By the calendar of this device. An author's clock may say anything. */
function local(at: number): string {
	const date = new Date(Math.min(at, 8.64e15))
	const part = (value: number, digits = 2) => String(value).padStart(digits, '0')
	const day = [part(date.getFullYear(), 4), part(date.getMonth() + 1), part(date.getDate())].join('-')
	return `${day} ${part(date.getHours())}:${part(date.getMinutes())}`
}

const dayOf = (message: ExportedMessage) => local(timeOf(message)).slice(0, -6)

function article(message: ExportedMessage, nameOf: (account: string) => string): string {
	const at = local(timeOf(message))
	const name = `<b><bdi>${escapeHtml(nameOf(message.author))}</bdi></b>`
	const head = `<header>${name}<time datetime="${at.replace(' ', 'T')}">${at.slice(-5)}</time>${edited(message)}</header>`
	return `<article id="${message.event}">${head}${content(message, nameOf)}</article>\n`
}

function edited(message: ExportedMessage): string {
	return message.type === 'text' && message.before.length > 0 ? '<small>(edited)</small>' : ''
}

function content(message: ExportedMessage, nameOf: (account: string) => string): string {
	switch (message.type) {
		case 'text': {
			const reply = message.replyTo === null ? '' : `<blockquote><a href="#${message.replyTo}">↰</a></blockquote>`
			const files = message.files.map(fileLine).join('')
			const reactions = message.reactions.map(
				({ emoji, by }) =>
					`<span title="${escapeHtml(by.map(nameOf).join(', '))}">${escapeHtml(emoji)} ${by.length}</span>`,
			)
			const under = reactions.length === 0 ? '' : `<small>${reactions.join(' ')}</small>`
			return `${reply}<p dir="auto">${escapeHtml(message.text)}</p>${files}${under}`
		}
		case 'deleted':
			return '<p class="note">Message deleted</p>'
		case 'expired':
			return '<p class="note">Message disappeared</p>'
		case 'unreadable':
			return '<p class="note">Message that this device cannot read</p>'
	}
}

/** What a page shows by itself; drawings that may carry a script are not among them. */
const shownTypes: Readonly<Record<string, (path: string, name: string) => string>> = {
	...allOf(
		['png', 'jpeg', 'webp', 'gif', 'avif'],
		'image',
		(path, name) => `<img src="${path}" alt="${name}" loading="lazy">`,
	),
	...allOf(['mp4', 'webm'], 'video', (path) => `<video src="${path}" controls preload="none"></video>`),
	...allOf(
		['mpeg', 'mp4', 'ogg', 'webm', 'wav', 'aac'],
		'audio',
		(path) => `<audio src="${path}" controls preload="none"></audio>`,
	),
}

function allOf<T>(kinds: readonly string[], type: string, draw: T): Record<string, T> {
	return Object.fromEntries(kinds.map((kind) => [`${type}/${kind}`, draw]))
}

function fileLine(file: ExportedFile): string {
	const name = escapeHtml(file.name)
	if (file.path === null) return `<p class="note" dir="auto">📎 ${name} (not in this copy)</p>`
	const path = escapeHtml(encodeURI(file.path))
	const shown = shownTypes[file.type.split(';')[0]?.trim().toLowerCase() ?? '']?.(path, name) ?? ''
	return `<figure>${shown}<figcaption><a href="${path}" download dir="auto">📎 ${name}</a></figcaption></figure>`
}

const entities: Readonly<Record<string, string>> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
}

function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (sign) => entities[sign] as string)
}
