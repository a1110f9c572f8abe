/** Rows for the fold, named instead of sealed: ids follow from names, hlcs from a number of ms. */
import type { Bytes } from '#protocol/bytes.ts'
import type { Why } from '#protocol/envelope.ts'
import type { Closed, FoldEvent } from '#protocol/fold-events.ts'
import { hlcOf } from '#protocol/hlc.ts'
import type { Action, AnnotateBody, Body, PostBody } from '#protocol/plaintext.ts'
import { annotateBody, postBody, redactBody } from './bodies.ts'
import { bytesOf } from './log-actors.ts'

export const idOf = (name: string): Bytes => bytesOf(`event ${name}`, 16)
export const account = (name: string): Bytes => bytesOf(`account ${name}`)

export type RowWish = Partial<Omit<FoldEvent, 'author' | 'eventId'>> & {
	/** ms of the hlc. */
	readonly at?: number
}

function row(
	name: string,
	by: string,
	{ at = 1_000, ...wish }: RowWish & Pick<FoldEvent, 'kind' | 'content'>,
): FoldEvent {
	return {
		eventId: idOf(name),
		author: account(by),
		deviceId: bytesOf(`device ${by}`, 16),
		page: 0,
		part: 0,
		clientId: 5,
		clock: 0,
		recvSeq: 1,
		hlc: hlcOf(at),
		expiresAt: null,
		targets: [],
		valid: true,
		role: 'member',
		archived: false,
		...wish,
	}
}

const open = (body: Body) => ({ type: 'open', body }) as const

export function post(name: string, by: string, wish: RowWish & { readonly says?: Partial<PostBody> } = {}): FoldEvent {
	const { says, ...rest } = wish
	return row(name, by, { kind: 'post', content: open(postBody({ text: `text of ${name}`, ...says })), ...rest })
}

export function annotate(
	name: string,
	by: string,
	wish: RowWish & { readonly on: string; readonly action: Action; readonly says?: Partial<AnnotateBody> },
): FoldEvent {
	const { on, action, says, ...rest } = wish
	return row(name, by, {
		kind: 'annotate',
		content: open(annotateBody({ target: idOf(on), action, ...says })),
		...rest,
	})
}

export const edit = (text: string): Action => ({ type: 'edit', text, mentions: [] })
export const reaction = (emoji: string, on = true): Action => ({ type: 'reaction', emoji, on })
export const pin = (on = true): Action => ({ type: 'pin', on })

export function redact(name: string, by: string, wish: RowWish & { readonly of: readonly string[] }): FoldEvent {
	const { of, ...rest } = wish
	return row(name, by, { kind: 'redact', content: open(redactBody()), targets: of.map(idOf), ...rest })
}

export function skeletonOf(event: FoldEvent, why: Why): FoldEvent {
	return { ...event, content: { type: 'skeleton', why } }
}

export function closedOf(event: FoldEvent, why: Closed): FoldEvent {
	return { ...event, content: { type: 'closed', why } }
}
