/**
 * A mail as text and as simple HTML. Names are those of accounts (letters, digits, dots, dashes, underscores), and nothing
 * that a person could write at length is in it: a server's mail is no way to send words to strangers. No picture, no pixel,
 * no link but the one.
 */
import type { Mail } from '#server/domain/mail-ports.ts'
import { mailTexts } from './texts.ts'

export interface WrittenMail {
	readonly subject: string
	readonly text: string
	readonly html: string
}

export function writeMail(mail: Mail, { server, origin }: { server: string; origin: string }): WrittenMail {
	const { host } = new URL(origin)
	const values = { ...mail, server, host } as Readonly<Record<string, string>>
	const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => oneLine(values[name] ?? ''))
	const { subject, lines, action, after } = mailTexts[mail.type]
	const link = `${origin}${pathOf(mail)}`
	const paragraph = (text: string) => `<p>${escapeHtml(fill(text))}</p>`
	const button = `<p><a href="${escapeHtml(link)}">${escapeHtml(fill(action))}</a></p>`
	const body = [...lines.map(paragraph), button, ...after.map(paragraph)].join('\n')
	return {
		subject: fill(subject),
		text: `${[...lines.map(fill), link, ...after.map(fill)].join('\n\n')}\n`,
		html: `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(fill(subject))}</title></head>\n<body>\n${body}\n</body></html>\n`,
	}
}

/** What matters stands behind the #: it reaches no log of any server on the way. */
function pathOf(mail: Mail): string {
	return mail.type === 'confirmation' ? `/confirm-email#${mail.token}` : `/invited#${mail.from}`
}

/** Nothing that is filled in ends a line, so none of it begins a header. */
function oneLine(text: string): string {
	return text.replace(/\p{Cc}+/gu, ' ')
}

const entities: Readonly<Record<string, string>> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
}

function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (letter) => entities[letter] as string)
}
