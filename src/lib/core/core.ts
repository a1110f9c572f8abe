/**
 * The core: one account on one device, behind `KithApi`. Each command is a few lines onto the part that does it; each view
 * is a function of what those parts hold.
 */
import { safetyNumber } from '#crypto/safety-number.ts'
import { bytesToBase64url, utf8ToBytes } from '#protocol/bytes.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { textToId } from '#protocol/ids.ts'
import { textMaxBytes } from '#protocol/plaintext.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { arrangementCommands } from './arrangement-commands.ts'
import type { KithApi, KithError, MessageInfoAt } from './api.ts'
import type { Conversation } from './conversation.ts'
import { orOffline } from './chapter.ts'
import { copyCommands } from './copies/copy-commands.ts'
import { laterAdminCommands, laterGroupCommands } from './command-chapters.ts'
import type { CoreDeps } from './deps.ts'
import { confirmEmail, inviteByEmail, ownEmail, setEmail } from './emails.ts'
import { fileCommands } from './file-commands.ts'
import type { GuestSession } from './guest-session.ts'
import { toKithError } from './http-errors.ts'
import { friendLink, parseFriendLink, readLink, usualInvite } from './links.ts'
import { createPerson, type Person } from './person.ts'
import { createRecords } from './records.ts'
import { createServerTime } from './server-time.ts'
import type { SignedInSession } from './signed-in.ts'
import { signProfile } from './sign-profile.ts'
import { countStored } from './stored.ts'
import { guestOf, sessionOf, viewSources } from './view-sources.ts'
import { createViews } from './views.ts'

const signedOut: KithError = { type: 'signed-out' }
const tooLong: KithError = { type: 'too-long', max: textMaxBytes }

function isTooLong(text: string): boolean {
	return utf8ToBytes(text).length > textMaxBytes
}

function isAdministrator(person: Person): boolean {
	const phase = person.phase()
	return phase.type === 'signed-in' && phase.resident.row.role === 'admin'
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

		friendLink: ({ withInvite }) =>
			signedIn((current) =>
				friendLink(current, { invite: withInvite ? usualInvite : null, origin: deps.origin, crypto: deps.crypto }),
			),
		readLink: async ({ url }) =>
			readLink(url, session(), { crypto: deps.crypto, serverKey: person.instance.known()?.serverKey ?? null }),
		requestFriend: (input) =>
			signedIn(async ({ friends }) => {
				if ('name' in input) return friends.request({ name: input.name })
				const link = parseFriendLink(input.url)
				return link === null ? fail({ type: 'bad-link', reason: 'malformed' }) : friends.request({ link })
			}),
		inviteByEmail: ({ address }) =>
			signedIn((current) =>
				inviteByEmail(current, {
					address,
					origin: deps.origin,
					crypto: deps.crypto,
					isOpen: person.instance.known()?.signUp === 'open',
					mayInvite: isAdministrator(person),
				}),
			),
		acceptFriend: ({ account }) => signedIn(({ friends }) => friends.accept(account)),
		declineFriend: ({ account }) => signedIn(({ friends }) => friends.decline(account)),
		cancelRequest: ({ account }) => signedIn(({ friends }) => friends.cancel(account)),
		removeFriend: ({ account }) => signedIn(({ friends }) => friends.end(account)),
		block: ({ account }) => signedIn(({ friends }) => friends.block(account)),
		unblock: ({ account }) => signedIn(({ friends }) => friends.unblock(account)),

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
		...fileCommands(session, () => guestOf(person)),
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

		email: () => signedIn(ownEmail),
		setEmail: ({ address }) => signedIn((current) => setEmail(current, address)),
		confirmEmail: ({ token }) => signedIn((current) => confirmEmail(current, token)),
		setDisplayName: ({ displayName }) =>
			signedIn(async ({ self, http, accounts }) => {
				const profile = await signProfile(self.keys, { idHash: self.idHash, name: displayName, hlc: hlcOf(time.now()) })
				const answer = await http.call((api) => api.accounts.putProfile({ profile: bytesToBase64url(profile) }))
				if (!answer.ok) return fail(toKithError(answer.error))
				const refreshed = await accounts.refresh(self.account)
				return refreshed.ok ? ok(null) : refreshed
			}),
		setPrivacy: (change) => signedIn(({ privacy }) => privacy.set(change)),
		setActive: async ({ active }) => {
			session()?.presence.setActive(active)
			return ok(null)
		},
		describeDevice: (label) => signedIn(({ deviceLabels }) => deviceLabels.describe(label)),
		revokeDevices: ({ devices, password }) =>
			signedIn(async (current) => {
				const phase = person.phase()
				const server = await person.instance.ask()
				if (phase.type !== 'signed-in') return fail(signedOut)
				if (!server.ok) return server
				// As seldom needed as the doors, whose code it shares.
				const { revokeDevices } = await import('./revoke-devices.ts')
				const { name } = phase.resident.row
				const { stretching } = server.value
				return revokeDevices(deps, current, { devices, name, password, stretching, now: time.now() })
			}),
		endSession: ({ sid }) =>
			signedIn(async ({ http }) => {
				const answer = await http.call((api) => api.accounts.endSession({ sid }))
				views.changed('devices')
				return answer.ok ? ok(null) : fail(toKithError(answer.error))
			}),
		createInvite: (invite) =>
			signedIn(async (current) => {
				const made = await friendLink(current, { invite, origin: deps.origin, crypto: deps.crypto })
				return made.ok ? ok({ url: made.value.url, expiresAt: made.value.expiresAt ?? time.now() }) : made
			}),
		safetyNumber: ({ account }) =>
			signedIn(async ({ self }) => {
				const other = textToId('account', account)
				return other === null
					? fail({ type: 'not-here' })
					: ok({ groups: safetyNumber(deps.crypto.hash, self.idHash, other) })
			}),
	}
}
