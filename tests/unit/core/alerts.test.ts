import { describe, expect, it } from 'vitest'
import { createAlerts, type AlertFriend, type AlertSources } from '#core/alerts.ts'
import type { AlertView } from '#core/api.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'

const day = 24 * 60 * 60_000
const now = 1000 * day
const friend = (name: string, change: Partial<AlertFriend> = {}): AlertFriend => ({
	...{ account: name, displayName: name, name, verified: false, presence: null, state: 'accepted', since: now },
	...{ warning: null, conversation: null, asker: 'us', forkedAt: null },
	...change,
})

/** A hub over these friends; what is seen is a time. */
function hub(friends: readonly AlertFriend[], news: readonly AlertView[] = []) {
	let seen = 0
	const sources = {
		self: { account: 'me', device: 'd' },
		friends: () => friends,
		own: () => null,
		states: () =>
			(news.length > 0
				? [{ id: new Uint8Array(16), kind: 'dm', members: new Map() }]
				: []) as unknown as ConversationState[],
		conversations: { news: async () => news, titleOf: async () => null, readAll: async () => {} },
		mutes: { of: () => null },
		marks: { isSeen: ({ at }: { at: number }) => at <= seen, seeUpTo: async (at: number) => void (seen = at) },
		now: () => now,
	} as unknown as AlertSources
	return createAlerts(sources)
}
const brief = async (alerts: ReturnType<typeof hub>) =>
	(await alerts.view()).alerts.map(({ type, unread }) => `${unread ? '*' : ''}${type}`)

describe('the hub', () => {
	it('tells of a friendship what has to be known: an answer, a request, or that somebody is another', async () => {
		expect(await brief(hub([friend('a')]))).toEqual(['*accepted'])
		expect(await brief(hub([friend('a', { asker: 'them' })]))).toEqual([])
		expect(await brief(hub([friend('a', { state: 'outgoing' })]))).toEqual([])
		expect(await brief(hub([friend('a', { state: 'incoming', asker: 'them' })]))).toEqual(['*request'])
		expect(await brief(hub([friend('a', { warning: 'new-identity', state: 'outgoing' })]))).toEqual(['*identity'])
		expect(await brief(hub([friend('a', { warning: 'forked', forkedAt: 5 })]))).toEqual(['*identity'])
		const [request] = (await hub([friend('a', { warning: 'new-identity', state: 'incoming' })]).view()).alerts
		expect(request).toMatchObject({ type: 'request', warning: true })
	})

	it('forgets after 90 days, but not what waits for an answer', async () => {
		const old = { since: now - 91 * day }
		const friends = [
			friend('a', old),
			friend('b', { ...old, state: 'incoming' }),
			friend('c', { since: now - 89 * day }),
		]
		expect(await brief(hub(friends))).toEqual(['*accepted', '*request'])
	})

	it('holds the newest 200', async () => {
		const friends = Array.from({ length: 210 }, (_, i) => friend(`${i}`, { since: now - i }))
		const { alerts, unread, apart } = await hub(friends).view()
		expect(alerts).toHaveLength(200)
		expect(alerts.at(-1)?.at).toBe(now - 199)
		expect([unread, apart]).toEqual([200, 200])
	})

	it('counts what a conversation counts already for itself alone', async () => {
		const by = friend('b')
		const place = { conversation: 'c', kind: 'direct', title: 'b' } as const
		const said = { type: 'messages', place, by, count: 3, text: '', id: 'm', at: now, unread: true } as const
		expect(await hub([friend('a')], [said]).view()).toMatchObject({ unread: 2, apart: 1 })
	})

	it('is read up to its newest, and what comes after is unread', async () => {
		const friends = [friend('a', { since: now - 1 })]
		const alerts = hub(friends)
		await alerts.markRead('all')
		friends.push(friend('b'))
		expect(await brief(alerts)).toEqual(['*accepted', 'accepted'])
	})
})
