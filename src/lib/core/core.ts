/**
 * The core: one account on one device, behind `KithApi`. Each command is a few lines onto the part that does it; each view
 * is a function of what those parts hold.
 */
import { utf8ToBytes } from '#protocol/bytes.ts'
import { textToId } from '#protocol/ids.ts'
import { textMaxBytes } from '#protocol/plaintext.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { arrangementCommands } from './arrangement-commands.ts'
import type { KithApi, KithError, MessageInfoAt } from './api.ts'
import type { Conversation } from './conversation.ts'
import { orOffline } from './chapter.ts'
import { copyCommands } from './copies/copy-commands.ts'
import {
	laterAccountCommands,
	laterAdminCommands,
	laterFileCommands,
	laterGroupCommands,
	laterPeopleCommands,
} from './command-chapters.ts'
import type { CoreDeps } from './deps.ts'
import type { GuestSession } from './guest-session.ts'
import { createPerson } from './person.ts'
import { createRecords } from './records.ts'
import { createServerTime } from './server-time.ts'
import type { SignedInSession } from './signed-in.ts'
import { countStored } from './stored.ts'
import { guestOf, sessionOf, viewSources } from './view-sources.ts'
import { createViews } from './views.ts'

const signedOut: KithError = { type: 'signed-out' }
const tooLong: KithError = { type: 'too-long', max: textMaxBytes }

function isTooLong(text: string): boolean {
	return utf8ToBytes(text).length > textMaxBytes
}

export async function createCore(outer: CoreDeps): Promise<KithApi> {
	let closed = false
	// What was under way when the client closed finds its storage closed: no failure of anything.
	const failed: CoreDeps['failed'] = (where, error) => (closed ? undefined : outer.failed(where, error))
	const deps: CoreDeps = { ...outer, failed }
	const records = createRecords(deps.storage, deps.wrap)
	const time = createServerTime(deps.clock)
	const views = createViews(
		viewSources(() => person),
		(error) => deps.failed('views', error),
	)
	const person = createPerson({ deps, records, time, views })
	const parts = { deps, person, time, views }
	const session = () => sessionOf(person)

	/** Runs with the signed-in session, or answers that nobody is. */
	async function signedIn<T>(
		work: (session: SignedInSession) => Promise<Result<T, KithError>>,
	): Promise<Result<T, KithError>> {
		const current = session()
		return current === null ? fail(signedOut) : orOffline(() => work(current))
	}

	/** The same for who looks around without an account. */
	async function visiting<T>(
		work: (session: GuestSession) => Promise<Result<T, KithError>>,
	): Promise<Result<T, KithError>> {
		const current = guestOf(person)
		return current === null ? fail(signedOut) : work(current)
	}

	function inConversation<T>(
		id: string,
		work: (conversation: Conversation) => Promise<Result<T, KithError>>,
	): Promise<Result<T, KithError>> {
		return signedIn(async ({ conversations }) => {
			const conversation = conversations.get(id)
			return conversation === null ? fail({ type: 'not-here' }) : work(conversation)
		})
	}

	await person.start()

	return {
		watch: (view, of, listener) => {
			if (view === 'conversation' && session()?.copies.get(of as string) === null)
				session()?.conversations.opened(of as string)
			const stop = views.watch(view, of, listener)
			// What the server tells only while it is looked at.
			const look = () => {
				if (view === 'online') session()?.online.look()
				if (view === 'directory') session()?.directory.look()
			}
			look()
			if (view === 'info')
				void session()
					?.conversations.lookAtInfo((of as MessageInfoAt).conversation)
					.catch((error: unknown) => failed('info', error))
			return () => {
				stop()
				look()
			}
		},
		close: async () => {
			closed = true
			views.close()
			person.close()
			await deps.storage.close()
		},

		prepareSignUp: async (input) => {
			const prepared = await person.prepareSignUp(input)
			return prepared.ok ? ok({ words: prepared.value.words, ask: prepared.value.ask }) : prepared
		},
		completeSignUp: ({ words }) => person.completeSignUp(words),
		signIn: (input) => person.signIn(input),
		recover: (input) => person.recover(input),
		unsent: () => signedIn(async ({ outbox }) => ok({ messages: outbox.unsent() })),
		stored: () => signedIn(async () => ok(await countStored(deps.storage))),
		signOut: () => person.signOut(),
		lookAround: () => person.lookAround(),
		stopLooking: () => person.stopLooking(),
		guestRooms: () => visiting(({ rooms }) => rooms()),
		readRoom: ({ conversation }) => visiting(({ read }) => read(conversation)),
		estimatePassword: async (input) => {
			const { passwordStrength } = await import('./sign-up.ts')
			return ok(passwordStrength(deps, input))
		},

		...laterPeopleCommands(signedIn, parts),
		...laterGroupCommands(signedIn, person.instance.known),
		...laterAdminCommands(signedIn),
		markAlertsRead: ({ alerts }) =>
			signedIn(async (current) => {
				await current.alerts.markRead(alerts)
				return ok(null)
			}),
		muteConversation: ({ conversation, mute }) =>
			inConversation(conversation, async () => {
				await session()?.conversations.settle(conversation)
				await session()?.mutes.set(conversation, mute)
				return ok(null)
			}),
		openDirect: ({ account }) => signedIn(({ conversations }) => conversations.openDirect(account)),
		post: ({ conversation, text, replyTo = null, files = [] }) =>
			inConversation(conversation, async (current) => {
				if (isTooLong(text)) return fail(tooLong)
				const answered = replyTo === null ? null : textToId('event', replyTo)
				if (replyTo !== null && answered === null) return fail({ type: 'not-here' })
				const attachments = await session()?.files.seal(conversation, files)
				if (attachments?.ok !== true) return attachments ?? fail(signedOut)
				return ok({ key: await current.post(text, { replyTo: answered, attachments: attachments.value }) })
			}),
		...laterFileCommands(session, () => guestOf(person)),
		edit: ({ conversation, key, text }) =>
			inConversation(conversation, async (current) => (isTooLong(text) ? fail(tooLong) : current.edit(key, text))),
		react: ({ conversation, key, ...reaction }) =>
			inConversation(conversation, (current) => current.react(key, reaction)),
		pin: ({ conversation, key, on }) => inConversation(conversation, (current) => current.pin(key, on)),
		deleteForEveryone: ({ conversation, key }) => inConversation(conversation, (current) => current.redact(key)),
		forward: (input) => signedIn(({ conversations }) => conversations.forward(input)),
		deleteForMe: ({ conversation, key }) => inConversation(conversation, (current) => current.hide(key)),
		showAgain: ({ conversation, ...message }) => inConversation(conversation, (current) => current.show(message)),
		retry: ({ conversation, key }) => inConversation(conversation, (current) => current.retry(key)),
		discard: ({ conversation, key }) => inConversation(conversation, (current) => current.discard(key)),
		markRead: ({ conversation, key }) =>
			signedIn(async ({ conversations }) => {
				await conversations.markRead(conversation, key)
				return ok(null)
			}),
		setTyping: ({ conversation, typing }) =>
			inConversation(conversation, async (current) => {
				await current.setTyping(typing)
				return ok(null)
			}),
		...copyCommands(signedIn),
		messageAt: ({ conversation, at }) =>
			signedIn(async ({ conversations, copies, copyViews }) => {
				const isCopy = copies.get(conversation) !== null
				const event = isCopy
					? await (await copyViews.open()).copiedMessageAt(copies, conversation, at)
					: await conversations.messageAt(conversation, at)
				return event === null ? fail({ type: 'not-here' }) : ok({ event })
			}),
		saveDraft: ({ conversation, text }) =>
			inConversation(conversation, async (current) => {
				if (isTooLong(text)) return fail(tooLong)
				await current.saveDraft(text)
				return ok(null)
			}),
		loadEarlier: ({ conversation, count }) =>
			inConversation(conversation, async (current) => ok({ more: await current.loadEarlier(count) })),

		...arrangementCommands(signedIn),

		...laterAccountCommands(signedIn, parts),
		setActive: async ({ active }) => {
			session()?.presence.setActive(active)
			return ok(null)
		},
		describeDevice: (label) => signedIn(({ deviceLabels }) => deviceLabels.describe(label)),
	}
}
