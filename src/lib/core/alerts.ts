/**
 * The alert hub (product N1): what asks for attention, put together from what this account has anyway: friends, logs, messages, who
 * knocks. Nothing is kept of it but what was seen (alert-marks.ts, marks.ts), so that all devices show the same, and what is done
 * elsewhere is done here. The server learns nothing of it.
 */
import type { AccountState } from '#protocol/account-state.ts'
import type { Bytes } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText, textToId } from '#protocol/ids.ts'
import type { KnownAccounts } from './accounts.ts'
import { createAlertMarks, type AlertMarks } from './alert-marks.ts'
import type { AlertAbout, AlertsView, AlertView, FriendView, PersonView } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { Conversations } from './conversations.ts'
import type { DeviceLabels } from './device-labels.ts'
import type { Forks } from './forks.ts'
import type { KnownFriends } from './friends.ts'
import type { Self } from './identity.ts'
import { createJoinings, type Joinings } from './joinings.ts'
import type { Knocks } from './knocks.ts'
import type { Mutes } from './mutes.ts'

const alertsMax = 200
const keptFor = 90 * 24 * 60 * 60_000

/** A friendship as the hub needs it. */
export interface AlertFriend extends FriendView {
	/** Who asked whom; null where nobody did. */
	readonly asker: 'us' | 'them' | null
	/** When the proof of two branches came, ms. */
	readonly forkedAt: number | null
}

export interface AlertSources {
	readonly self: Self
	readonly friends: () => readonly AlertFriend[]
	/** Verified logs. */
	readonly own: () => AccountState | null
	readonly states: () => readonly ConversationState[]
	readonly person: (account: string) => PersonView
	readonly conversations: Pick<Conversations, 'news' | 'titleOf' | 'readAll'>
	readonly joinings: Joinings
	readonly knocks: Knocks
	readonly mutes: Pick<Mutes, 'of'>
	readonly marks: AlertMarks
	readonly labels: DeviceLabels
	/** ms */
	readonly now: () => number
}

export interface Alerts {
	readonly view: () => Promise<AlertsView>
	readonly markRead: (alerts: 'all' | readonly string[]) => Promise<void>
}

/** Before it is known whether somebody has seen it. */
type Found = AlertAbout & Pick<AlertView, 'id' | 'at'>

export function createAlerts(sources: AlertSources): Alerts {
	const { self, marks, mutes, conversations, joinings, knocks, person, now } = sources

	async function placeOf(state: ConversationState) {
		return {
			conversation: idToText(state.id),
			kind: 'group',
			title: (await conversations.titleOf(state)) ?? '',
		} as const
	}

	/** Of which no conversation keeps count. */
	async function apart(state: ConversationState): Promise<Found[]> {
		const isIn = state.members.has(self.account)
		if (!isIn || state.kind === 'dm' || state.kind === 'notice' || state.kind === 'notes') return []
		const joining = await joinings.of(state)
		const waiting = knocks.of(state)
		if (joining === null && waiting.length === 0) return []
		const place = await placeOf(state)
		const id = place.conversation
		const asking = waiting.map(({ account, at }): Found => {
			return { type: 'knock', place, person: person(account), id: `knock/${id}/${account}`, at }
		})
		if (joining === null) return asking
		const { by, at, seq } = joining
		return [...asking, { type: 'added', place, by: person(by), id: `added/${id}/${seq}`, at }]
	}

	async function all(): Promise<AlertView[]> {
		const since = now() - keptFor
		const states = sources.states()
		const found = [
			...sources.friends().flatMap(friendAlerts),
			...deviceAlerts(sources),
			...(await Promise.all(states.map(apart))).flat(),
		]
		const seen = found.map((alert): AlertView => ({ ...alert, unread: !isOwn(alert) && !marks.isSeen(alert) }))
		const heard = states.filter((state) => mutes.of(idToText(state.id)) === null)
		const news = await Promise.all(heard.map((state) => conversations.news(idToText(state.id))))
		return [...seen, ...news.flat()]
			.filter((alert) => alert.at >= since || isOpen(alert))
			.sort((one, other) => other.at - one.at || (one.id < other.id ? -1 : 1))
			.slice(0, alertsMax)
	}

	return {
		view: async () => {
			const alerts = await all()
			const unread = alerts.filter((alert) => alert.unread)
			return { alerts, unread: unread.length, apart: unread.filter(isApart).length }
		},
		markRead: async (which) => {
			const alerts = await all()
			if (which !== 'all') return marks.see(alerts.filter(({ id, unread }) => unread && which.includes(id)))
			const newest = alerts.filter(isApart).reduce((last, { at }) => Math.max(last, at), 0)
			if (newest > 0) await marks.seeUpTo(newest)
			const said = alerts.flatMap((alert) => (isSaid(alert) && alert.unread ? [alert.place.conversation] : []))
			for (const conversation of new Set(said)) await conversations.readAll(conversation)
		},
	}
}

type Said = Extract<AlertView, { type: 'mention' | 'messages' | 'notice' }>

/** A conversation keeps count of it. */
function isSaid(alert: AlertView): alert is Said & AlertView {
	return alert.type === 'mention' || alert.type === 'messages' || alert.type === 'notice'
}

const isApart = (alert: AlertView) => !isSaid(alert)

/** It waits for an answer, however long. */
function isOpen({ type, unread }: AlertView): boolean {
	return (
		type === 'request' ||
		type === 'knock' ||
		type === 'identity' ||
		((type === 'messages' || type === 'notice') && unread)
	)
}

/** Whoever did it knows. */
function isOwn(alert: Found): boolean {
	return alert.type === 'device' && alert.here
}

/** What the hub of a signed-in account is made of. */
export interface AlertParts {
	readonly identity: { readonly accounts: KnownAccounts; readonly friends: KnownFriends; readonly forks: Forks }
	readonly context: ConversationContext
	readonly conversations: Conversations
	readonly deviceLabels: DeviceLabels
}

export async function openAlerts(parts: AlertParts): Promise<{ alerts: Alerts; close: () => void }> {
	const { identity, context, conversations, deviceLabels: labels } = parts
	const { accounts, friends, forks } = identity
	const { self, records, entries, connection, timers, failed, logs, knocks, mutes, time, views } = context
	const changed = () => views.changed('alerts')
	const marks = createAlertMarks({ records, entries, connection, timers, failed, changed })
	await marks.restore()
	const alerts = createAlerts({
		...{ self, conversations, knocks, mutes, marks, labels },
		friends: () =>
			friends.views().map((friend) => ({
				...friend,
				conversation: conversations.directWith(friend.account),
				asker: friends.askerOf(friend.account),
				forkedAt: forks.since(textToId('account', friend.account) ?? nobody),
			})),
		own: () => accounts.known(self.account),
		states: logs.all,
		person: accounts.person,
		joinings: createJoinings({ records, self }),
		now: time.now,
	})
	return { alerts, close: marks.close }
}

const nobody = new Uint8Array(32) as Bytes

function friendAlerts(friend: AlertFriend): Found[] {
	const { asker, forkedAt, account, state, since, warning, conversation, ...rest } = friend
	const person: PersonView = personOf({ account, ...rest })
	if (warning === 'forked' && forkedAt !== null)
		return [{ type: 'identity', person, why: warning, conversation, id: `forked/${account}`, at: forkedAt }]
	if (state === 'incoming') {
		const isWarned = warning === 'new-identity'
		return [{ type: 'request', person, warning: isWarned, id: `request/${account}/${since}`, at: since }]
	}
	if (warning === 'new-identity' && (state === 'accepted' || state === 'outgoing'))
		return [{ type: 'identity', person, why: warning, conversation, id: `identity/${account}/${since}`, at: since }]
	if (state === 'accepted' && asker === 'us')
		return [{ type: 'accepted', person, conversation, id: `accepted/${account}/${since}`, at: since }]
	return []
}

function personOf({ account, displayName, name, verified, presence }: PersonView): PersonView {
	return { account, displayName, name, verified, presence }
}

/** Those that came after the account was made. */
function deviceAlerts({ own, self, labels }: AlertSources): Found[] {
	return [...(own()?.devices ?? [])]
		.filter(([, { certifiedAt, ended }]) => certifiedAt > 0 && ended === null)
		.map(([device, { certifiedTime }]) => {
			const about = { device, label: labels.of(device), here: device === self.device }
			return { type: 'device', ...about, id: `device/${device}`, at: certifiedTime }
		})
}
