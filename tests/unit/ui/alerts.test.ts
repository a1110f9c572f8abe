import { describe, expect, test, vi } from 'vitest'
import type { AlertsView, AlertView, PersonView } from '#core/api.ts'
import { showOnIcon } from '#ui/components/shell/app-badge.ts'
import { arrived, byDay, callCount, placeOf, readAt } from '#ui/state/alerts.ts'

const person: PersonView = { account: 'B', displayName: 'Bob', name: 'bob', verified: false, presence: null }
const place = { conversation: 'c', kind: 'group', title: 'The group' } as const
const request = { type: 'request', person, warning: false, id: 'r', at: 5, unread: true } as const
const added = { type: 'added', place, by: person, id: 'a', at: 4, unread: true } as const
const messages = { type: 'messages', place, by: person, count: 2, text: 'hi', id: 'm', at: 3, unread: true } as const
const mention = { type: 'mention', place, by: person, event: 'e', text: '@me', id: 'n', at: 2, unread: true } as const
const view = (...alerts: readonly AlertView[]): AlertsView => ({ alerts, unread: 0, apart: 0 })

describe('alerts', () => {
	test('stand under their days, the newest first', () => {
		const noon = new Date(2026, 4, 3, 12).getTime()
		const alerts = [noon, noon - 1, noon - 86_400_000].map((at, i) => ({ ...request, id: `${i}`, at }))
		expect(byDay(alerts).map(({ alerts }) => alerts.map(({ id }) => id))).toEqual([['0', '1'], ['2']])
		expect(byDay([])).toEqual([])
	})

	test('are read at their place, and messages where they stand alone', () => {
		const all = view(request, added, messages, mention)
		expect(readAt('/c/c', all)).toEqual(['a'])
		expect(readAt('/friends', all)).toEqual(['r'])
		expect(readAt('/friends', view({ ...request, unread: false }))).toEqual([])
		expect(readAt('/alerts', all)).toEqual([])
	})

	test('without a conversation lead to the list of friends', () => {
		const accepted = { type: 'accepted', person, id: 'x', at: 1, unread: true } as const
		expect(placeOf({ ...accepted, conversation: null })).toBe('/friends')
		expect(placeOf({ ...accepted, conversation: 'd' })).toBe('/c/d')
	})

	test('count once: plain messages beside the chats, all else here', () => {
		expect(callCount(view(request, added, messages, mention))).toBe(3)
		expect(callCount(view({ ...mention, unread: false }))).toBe(0)
	})

	test('are said when they come, and when they are unread again, but not where somebody is', () => {
		const before = view(request, { ...added, unread: false })
		expect(arrived(before, view(request, added, messages), '/').map(({ id }) => id)).toEqual(['a', 'm'])
		expect(arrived(before, view(request, added, messages), '/c/c')).toEqual([])
		expect(arrived(before, before, '/')).toEqual([])
	})
})

test('the icon of the installed app shows the count, and nothing where there is none or no icon', async () => {
	const icon = { setAppBadge: vi.fn(async () => undefined), clearAppBadge: vi.fn(async () => undefined) }
	showOnIcon(3, icon)
	expect(icon.setAppBadge).toHaveBeenCalledExactlyOnceWith(3)
	showOnIcon(0, icon)
	expect(icon.clearAppBadge).toHaveBeenCalledOnce()
	showOnIcon(3, {})
	showOnIcon(1, { setAppBadge: () => Promise.reject(new Error('not allowed')) })
	await Promise.resolve()
})
