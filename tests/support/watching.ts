/** Waiting for what a client shows, without sleeping: by its own views, and bounded as a whole. */
import type { ConversationId, KithApi, MessageView, Views } from '#core/api.ts'
import type { Result } from '#protocol/result.ts'

/** A story that needs longer than this for one step has failed, ms. */
const patience = 60_000

/** The value of a command that must succeed. */
export function must<T, E>(result: Result<T, E>): T {
	if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`)
	return result.value
}

/** The same over a wire that was cut a moment ago: what is asked first may still hear of the cut. */
export async function mustAfterCut<T, E extends { readonly type: string }>(
	command: () => Promise<Result<T, E>>,
): Promise<T> {
	const ends = Date.now() + patience
	for (;;) {
		const result = await command()
		if (result.ok || result.error.type !== 'offline' || Date.now() > ends) return must(result)
	}
}

/** The error of a command that must fail. */
export function refusal<T, E>(result: Result<T, E>): E {
	if (result.ok) throw new Error(`was not refused: ${JSON.stringify(result.value)}`)
	return result.error
}

export interface Wanted<V extends keyof Views, W extends Views[V]['view']> {
	readonly view: V
	readonly of: Views[V]['of']
	/** Looked at now and after every change. */
	readonly is: ((value: Views[V]['view']) => value is W) | ((value: Views[V]['view']) => boolean)
}

/** The first value that is as wanted. Rejects with the last value that was seen. */
export function until<V extends keyof Views, W extends Views[V]['view'] = Views[V]['view']>(
	api: Pick<KithApi, 'watch'>,
	{ view, of, is }: Wanted<V, W>,
): Promise<W> {
	return new Promise((resolve, reject) => {
		let last: unknown = 'nothing at all'
		let stop = () => {}
		const timer = setTimeout(() => {
			stop()
			reject(new Error(`${view} did not become what was awaited; it is ${JSON.stringify(last, null, 1)}`))
		}, patience)
		stop = api.watch(view, of, (value) => {
			last = value
			if (!is(value)) return
			clearTimeout(timer)
			// The first call may come before `watch` has returned.
			queueMicrotask(() => stop())
			resolve(value as W)
		})
	})
}

export function now<V extends keyof Views>(
	api: Pick<KithApi, 'watch'>,
	view: V,
	of: Views[V]['of'],
): Promise<Views[V]['view']> {
	return until(api, { view, of, is: () => true })
}

export const textOf = ({ content }: MessageView) => (content.type === 'text' ? content.text : `<${content.type}>`)

/** Without the notes, which every account has. */
export const talksOf = (chats: Views['chats']['view']) => chats.filter(({ kind }) => kind !== 'notes')

/** All messages of the window, once `is` holds for them. */
export async function messagesUntil(
	api: Pick<KithApi, 'watch'>,
	conversation: ConversationId,
	is: (messages: readonly MessageView[]) => boolean,
): Promise<readonly MessageView[]> {
	const view = await until(api, {
		view: 'conversation',
		of: conversation,
		is: (value) => value !== null && is(value.messages),
	})
	return view?.messages ?? []
}

/** Exactly these texts, in this order. */
export function textsUntil(
	api: Pick<KithApi, 'watch'>,
	conversation: ConversationId,
	texts: readonly string[],
): Promise<readonly MessageView[]> {
	return messagesUntil(api, conversation, (messages) => JSON.stringify(messages.map(textOf)) === JSON.stringify(texts))
}

/** Of the message with this text, once it is here. */
export async function keyOf(
	{ api }: { readonly api: KithApi },
	conversation: ConversationId,
	text: string,
): Promise<string> {
	const all = await messagesUntil(api, conversation, (messages) => messages.some((one) => textOf(one) === text))
	return all.find((one) => textOf(one) === text)?.key ?? ''
}
