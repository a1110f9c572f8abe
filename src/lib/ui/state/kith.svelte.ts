/**
 * The client as screens see it: each view of the core as a rune. Components read the views and call `api`; they never
 * hold state of their own that the core knows.
 */
import type {
	AlertsView,
	ChatView,
	ConnectionView,
	FriendView,
	KithApi,
	PrivacyView,
	SealingView,
	SessionView,
	TransferView,
} from '#core/api.ts'
import { callCount } from './alerts.ts'
import { GroupPictures } from './group-pictures.ts'
import { titled } from './titled.ts'

/** What is unread there, and calls: one that its reader marked counts as one. */
function callsOf({ muted, unread, markedUnread }: ChatView): number {
	return muted === null ? Math.max(unread, Number(markedUnread)) : 0
}

export class Kith {
	readonly api: KithApi
	readonly pictures: GroupPictures
	session = $state.raw<SessionView>({ type: 'starting' })
	connection = $state.raw<ConnectionView>({ type: 'connecting', waiting: 0, peers: 0 })
	/** Null until the first answer: a list that loads is not an empty list. */
	chats = $state.raw<readonly ChatView[] | null>(null)
	friends = $state.raw<readonly FriendView[] | null>(null)
	privacy = $state.raw<PrivacyView | null>(null)
	/** Keys that are being made for many; null as a rule. */
	sealing = $state.raw<SealingView | null>(null)
	alerts = $state.raw<AlertsView | null>(null)
	/** Files that move now. */
	transfers = $state.raw<readonly TransferView[]>([])

	/** Messages, but those of muted conversations. */
	readonly unread = $derived((this.chats ?? []).reduce((sum, chat) => sum + callsOf(chat), 0))
	readonly calls = $derived(this.alerts === null ? 0 : callCount(this.alerts))
	/** What title and icon count: each message and each alert once. */
	readonly waiting = $derived(this.unread + (this.alerts?.apart ?? 0))
	readonly requests = $derived((this.friends ?? []).filter((friend) => friend.state === 'incoming').length)
	/** Nothing was said or begun anywhere: of conversations there are the notes, which everybody has. */
	readonly silent = $derived(
		this.chats?.every(({ kind, last, draft }) => kind === 'notes' && last === null && draft === '') === true,
	)
	/** Nobody to talk with yet, and nothing said: the first minutes. */
	readonly alone = $derived(
		this.silent && this.friends !== null && this.friends.every(({ state }) => state !== 'accepted'),
	)
	readonly account = $derived(this.session.type === 'signed-in' ? this.session : null)

	/** Does this server let people look around without an account? Null while nobody knows. */
	readonly guests = $derived(this.session.type === 'starting' ? null : (this.session.instance?.guests ?? null))

	constructor(api: KithApi) {
		this.api = api
		this.pictures = new GroupPictures(api)
	}

	/** Follows session and connection; returns how to stop. */
	watchSession(): () => void {
		const stops = [
			this.api.watch('session', null, (view) => (this.session = view)),
			this.api.watch('connection', null, (view) => (this.connection = view)),
		]
		return () => stops.forEach((stop) => stop())
	}

	/** Follows what belongs to the account that is signed in; forgets it when stopped. */
	watchAccount(): () => void {
		const stops = [
			this.api.watch('chats', null, (view) => (this.chats = view.map(titled))),
			this.api.watch('friends', null, (view) => (this.friends = view)),
			this.api.watch('privacy', null, (view) => (this.privacy = view)),
			this.api.watch('sealing', null, (view) => (this.sealing = view)),
			this.api.watch('alerts', null, (view) => (this.alerts = view)),
			this.api.watch('transfers', null, (view) => (this.transfers = view)),
		]
		return () => {
			stops.forEach((stop) => stop())
			this.pictures.forget()
			this.chats = null
			this.friends = null
			this.privacy = null
			this.sealing = null
			this.alerts = null
			this.transfers = []
		}
	}
}
