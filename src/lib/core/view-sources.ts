/** Each view as a function of what the parts of the core hold. */
import type { ChatView, ConnectionView, DeviceView, FriendView, HistoryAt, OnlineView, SessionView } from './api.ts'
import { toDeviceViews } from './devices.ts'
import type { GuestSession } from './guest-session.ts'
import type { Person } from './person.ts'
import type { SignedInSession } from './signed-in.ts'
import type { ViewSources } from './views.ts'

/** Null where nobody is signed in. */
export function sessionOf(person: Person): SignedInSession | null {
	const phase = person.phase()
	return phase.type === 'signed-in' ? phase.session : null
}

/** Null where nobody looks around without an account. */
export function guestOf(person: Person): GuestSession | null {
	const phase = person.phase()
	return phase.type === 'guest' ? phase.session : null
}

export function viewSources(person: () => Person): ViewSources {
	const session = () => sessionOf(person())
	const guest = () => guestOf(person())
	return {
		session: () => sessionView(person()),
		connection: () => connectionView(session(), guest()),
		chats: () => chatViews(session()),
		friends: () => friendViews(session()),
		alerts: () => session()?.alerts.view() ?? { alerts: [], unread: 0, apart: 0 },
		devices: () => deviceViews(session()),
		privacy: () => session()?.privacy.now() ?? null,
		conversation: (id) => conversationView(session(), id) ?? guest()?.room(id)?.view() ?? null,
		group: (id) => session()?.conversations.group(id) ?? null,
		picture: (id) => session()?.conversations.picture(id) ?? null,
		online: (id) => onlineView(session(), id),
		directory: () => session()?.directory.count() ?? 0,
		log: (id) => session()?.conversations.log(id) ?? [],
		sealing: () => session()?.sealing.now() ?? null,
		pins: (id) => session()?.conversations.pins(id) ?? [],
		info: (at) => session()?.conversations.info(at) ?? null,
		filling: (id) => session()?.conversations.get(id)?.filling() ?? null,
		preparing: (id) => session()?.files.preparing(id) ?? null,
		transfers: () => session()?.files.transfers() ?? [],
		search: (at) => session()?.search.view(at) ?? { hits: [], more: false, indexing: null, unclear: [] },
		history: (at) => historyView(session(), at) ?? guest()?.room(at.conversation)?.history(at) ?? null,
	}
}

function sessionView(person: Person): SessionView {
	const phase = person.phase()
	switch (phase.type) {
		case 'starting':
			return { type: 'starting' }
		case 'signed-out':
			return { type: 'signed-out', instance: person.instance.view(), why: phase.why }
		case 'guest':
			return { type: 'guest', instance: person.instance.view(), endsAt: phase.session.endsAt }
		case 'signed-in': {
			const { self, accounts } = phase.session
			const { name, role } = phase.resident.row
			const { displayName } = accounts.person(self.account)
			return {
				type: 'signed-in',
				account: self.account,
				device: self.device,
				name,
				displayName,
				role,
				instance: person.instance.view(),
			}
		}
	}
}

function connectionView(session: SignedInSession | null, guest: GuestSession | null): ConnectionView {
	const connection = session?.connection ?? guest?.connection
	if (connection === undefined) return { type: 'offline', waiting: 0, peers: 0 }
	const { type } = connection.state()
	const waiting = session?.outbox.waiting(session.peers.isTaken) ?? 0
	const peers = session?.peers.count() ?? 0
	if (type === 'online') return { type, waiting, peers }
	const isLost = type === 'waiting' || type === 'stopped' || type === 'ended'
	return { type: isLost ? 'offline' : 'connecting', waiting, peers }
}

async function deviceViews(session: SignedInSession | null): Promise<readonly DeviceView[]> {
	const state = session?.accounts.known(session.self.account) ?? null
	if (session === null || state === null) return []
	const answer = await session.http.call((api) => api.accounts.sessions())
	return toDeviceViews(state, {
		current: session.self.device,
		sessions: answer.ok ? answer.value.sessions : [],
		label: session.deviceLabels.of,
	})
}

function friendViews(session: SignedInSession | null): readonly FriendView[] {
	if (session === null) return []
	return session.friends
		.views()
		.map((friend) => ({ ...friend, conversation: session.conversations.directWith(friend.account) }))
}

function onlineView(session: SignedInSession | null, id: string): OnlineView | null {
	const told = session?.online.of(id) ?? null
	if (session === null || told === null) return null
	return { count: told.count, people: told.people?.map(session.accounts.person) ?? null }
}

async function chatViews(session: SignedInSession | null): Promise<readonly ChatView[]> {
	if (session === null) return []
	const copies = session.copies.all().length === 0 ? [] : await copyChats(session)
	return [...(await session.conversations.chats()), ...copies].sort(byNewest)
}

async function copyChats({ copies, copyViews }: SignedInSession): Promise<readonly ChatView[]> {
	return (await copyViews.open()).copyChats(copies)
}

/** What is pinned first, then by what was said last. */
const byNewest = (a: ChatView, b: ChatView) => Number(b.pinned) - Number(a.pinned) || b.lastAt - a.lastAt

function conversationView(session: SignedInSession | null, id: string) {
	if (session === null) return null
	return session.copies.get(id) === null
		? session.conversations.view(id)
		: session.copyViews.open().then(({ copyView }) => copyView(session.copies, id))
}

function historyView(session: SignedInSession | null, at: HistoryAt) {
	if (session === null) return null
	const isCopy = session.copies.get(at.conversation) !== null
	return isCopy
		? session.copyViews.open().then(({ copyHistory }) => copyHistory(session.copies, at))
		: session.conversations.history(at)
}
