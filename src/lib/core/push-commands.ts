/**
 * Web push, the device's side (product N2). The subscription is the browser's; here is what is kept of it, so that the server is told
 * again at every start, and of every conversation that becomes quiet: it must not wake this device for those. That is all it learns.
 */
import { utf8ToBytes } from '#protocol/bytes.ts'
import { bool, struct, text, versioned, type Decoded } from '#protocol/codec.ts'
import { textToId } from '#protocol/ids.ts'
import { quietMax } from '#protocol/push-message.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { ChatView, Commands, KithError, PushSetting } from './api.ts'
import type { CommandParts } from './command-chapters.ts'
import { toKithError } from './http-errors.ts'
import { notifyAt, notifyChatsMax, notifyRow, notifyWords, type NotifyRow } from './notify.ts'
import { unlessLate } from './session-storage.ts'
import type { SignedIn, SignedInSession } from './signed-in.ts'
import { sessionOf } from './view-sources.ts'

export type OwnPushCommands = Pick<Commands, 'push' | 'setPush' | 'testPush'>

const settingRow = versioned(
	1,
	struct({
		target: struct({ endpoint: text(4096), p256dh: text(128), auth: text(64) }),
		named: bool,
		words: notifyWords,
	}),
)
const settingAt = { store: 'settings', key: 'push' } as const

/** Chats change with every message; what follows from them here seldom does, ms. */
const followAfterMs = 2_000

interface Following {
	readonly session: SignedInSession
	readonly stop: () => void
	/** What the server and the service worker were told last. */
	told: { readonly quiet: string; readonly shown: string }
}

export function pushCommands(signedIn: SignedIn, { deps, person, views }: CommandParts): OwnPushCommands {
	let following: Following | null = null

	const settingOf = ({ records }: SignedInSession): Promise<Decoded<typeof settingRow> | null> =>
		records.get(settingRow, settingAt)

	async function tell(session: SignedInSession, setting: PushSetting, chats: readonly ChatView[]) {
		const answer = await session.http.call((api) => api.push.subscribe({ ...setting.target, quiet: quietOf(chats) }))
		return answer.ok ? ok(null) : fail(toKithError(answer.error))
	}

	/** Writes and tells what has changed since the last time. */
	async function keepUp(follow: Following, chats: readonly ChatView[]): Promise<void> {
		const setting = await settingOf(follow.session)
		if (setting === null || follow !== following) return
		const row = notifyRowOf(setting, chats)
		const [shown, quiet] = [JSON.stringify(row, plain), JSON.stringify(quietOf(chats))]
		if (shown !== follow.told.shown) await follow.session.records.put(notifyRow, notifyAt, row)
		follow.told = { ...follow.told, shown }
		if (quiet === follow.told.quiet) return
		const told = await tell(follow.session, setting, chats)
		if (told.ok) follow.told = { shown, quiet }
	}

	/** From now on, as long as this session lives. */
	function follow(session: SignedInSession): void {
		if (following?.session === session) return
		stopFollowing()
		let [cancel, newest]: [() => void, readonly ChatView[]] = [() => undefined, []]
		let underWay = Promise.resolve()
		const next: Following = {
			session,
			told: { quiet: '', shown: '' },
			stop: () => {
				stopWatching()
				cancel()
			},
		}
		const soon = () => {
			cancel()
			cancel = deps.timers.after(followAfterMs, () => {
				if (sessionOf(person) !== session) return next.stop()
				underWay = underWay
					.then(() => keepUp(next, newest))
					.catch((error: unknown) => unlessLate(deps.failed)('push', error))
			})
		}
		const stopWatching = views.watch('chats', null, (chats) => {
			newest = chats
			soon()
		})
		following = next
	}

	function stopFollowing(): void {
		following?.stop()
		following = null
	}

	async function set(session: SignedInSession, setting: PushSetting): Promise<Result<null, KithError>> {
		const chats = await session.conversations.chats()
		const told = await tell(session, setting, chats)
		if (!told.ok) return told
		await session.records.put(settingRow, settingAt, setting)
		await session.records.put(notifyRow, notifyAt, notifyRowOf(setting, chats))
		stopFollowing()
		follow(session)
		return told
	}

	async function clear({ http, records }: SignedInSession): Promise<Result<null, KithError>> {
		stopFollowing()
		await records.delete(settingAt)
		await records.delete(notifyAt)
		const answer = await http.call((api) => api.push.unsubscribe())
		return answer.ok ? ok(null) : fail(toKithError(answer.error))
	}

	return {
		push: () =>
			signedIn(async (session) => {
				const setting = await settingOf(session)
				if (setting !== null) follow(session)
				const answer = await session.http.call((api) => api.push.get())
				return answer.ok ? ok({ key: answer.value.key, setting }) : fail(toKithError(answer.error))
			}),
		setPush: (setting) => signedIn((session) => (setting === null ? clear(session) : set(session, setting))),
		testPush: () =>
			signedIn(async ({ http }) => {
				const answer = await http.call((api) => api.push.test())
				return answer.ok ? ok(answer.value) : fail(toKithError(answer.error))
			}),
	}
}

function quietOf(chats: readonly ChatView[]) {
	return chats
		.flatMap(({ conversation, kind, muted }) =>
			muted === null || kind === 'copy' ? [] : [{ conversation, until: muted.type === 'until' ? muted.until : null }],
		)
		.slice(0, quietMax)
}

function notifyRowOf({ named, words }: PushSetting, chats: readonly ChatView[]): NotifyRow {
	return {
		words,
		chats: chats.slice(0, notifyChatsMax).flatMap(({ conversation, title, muted }) => {
			const id = textToId('conversation', conversation)
			if (id === null) return []
			const until = muted?.type === 'until' ? muted.until : null
			return [{ conversation: id, title: named ? shortTitle(title) : '', muted: muted === null ? null : { until } }]
		}),
	}
}

/** As much as a row takes; the longest name that the protocol allows is shorter. */
function shortTitle(title: string): string {
	return utf8ToBytes(title).length <= 1024 ? title : ''
}

/** Byte strings in a comparison. */
function plain(_: string, value: unknown): unknown {
	return value instanceof Uint8Array ? String(value) : value
}
