/** Bodies with everything in them, and with nothing. */
import type { AnnotateBody, Attachment, Body, PostBody } from '#protocol/plaintext.ts'
import { startOfTime } from './events.ts'
import { bytesOf } from './log-actors.ts'

const common = { version: 1, writtenAt: startOfTime, prev: null, was: [] } as const

export function postBody(wish: Partial<PostBody> = {}): { readonly kind: 'post' } & PostBody {
	return {
		kind: 'post',
		...common,
		text: 'hello',
		replyTo: null,
		mentions: [],
		attachments: [],
		forwarded: false,
		...wish,
	}
}

export function annotateBody(
	wish: Partial<AnnotateBody> & Pick<AnnotateBody, 'target' | 'action'>,
): { readonly kind: 'annotate' } & AnnotateBody {
	return { kind: 'annotate', ...common, ...wish }
}

export function redactBody(reason: string | null = null): Extract<Body, { kind: 'redact' }> {
	return { kind: 'redact', ...common, reason }
}

export const picture: Attachment = {
	blobId: bytesOf('blob', 16),
	key: bytesOf('blob key'),
	sha256: bytesOf('blob hash'),
	length: 1_234_567,
	name: 'Grüße.png',
	mime: 'image/png',
	picture: { width: 640, height: 480, thumbhash: bytesOf('thumb', 24) },
	sound: null,
}

const voice: Attachment = {
	...picture,
	name: '',
	mime: 'audio/ogg',
	picture: null,
	sound: { durationMs: 4_200, waveform: bytesOf('wave', 40) },
}

/** One of each, by name. */
export const bodies: Readonly<Record<string, Body>> = {
	'post, bare': postBody(),
	'post, empty text': postBody({ text: '' }),
	'post, everything': postBody({
		text: 'Grüße 👋🏽 שלום',
		prev: { page: 3, part: 0, eventId: bytesOf('previous', 16) },
		was: [bytesOf('earlier', 16)],
		replyTo: bytesOf('answered', 16),
		mentions: [bytesOf('Bob'), bytesOf('Charlie')].sort(Buffer.compare),
		attachments: [picture, voice],
		forwarded: true,
	}),
	'annotate, edit': annotateBody({
		target: bytesOf('target', 16),
		action: { type: 'edit', text: 'hullo', mentions: [bytesOf('Bob')] },
	}),
	'annotate, reaction on': annotateBody({
		target: bytesOf('target', 16),
		action: { type: 'reaction', emoji: '👍', on: true },
	}),
	'annotate, reaction off': annotateBody({
		target: bytesOf('target', 16),
		prev: { page: 0, part: 2, eventId: bytesOf('previous', 16) },
		action: { type: 'reaction', emoji: '👍', on: false },
	}),
	'annotate, pin': annotateBody({ target: bytesOf('target', 16), action: { type: 'pin', on: true } }),
	'redact, bare': redactBody(),
	'redact, reason': redactBody('spam'),
}
