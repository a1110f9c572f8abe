import { expect, test } from 'vitest'
import { createPresence, hiddenAfterMs, idleAfterMs } from '#core/presence.ts'
import { readPrivacy, shownEntry } from '#core/privacy.ts'
import { encode } from '#protocol/codec.ts'
import type { HubFromClient, HubFromServer } from '#protocol/hub.ts'
import { fakeTime } from '../../support/fake-timers.ts'

type Person = Extract<HubFromServer, { t: 'presence' }>['people'][number]

function world() {
	const time = fakeTime()
	const sent: HubFromClient[] = []
	let changes = 0
	const presence = createPresence({
		timers: time.timers,
		send: (message) => (sent.push(message), true),
		changed: () => changes++,
	})
	const tell = (whole: boolean, ...people: Person[]) => presence.hub({ t: 'presence', whole, people })
	return { time, sent, presence, tell, changes: () => changes }
}

const away = (is: boolean) => ({ t: 'presence', away: is })

test('[F4] asks at welcome, and says again what it said', async () => {
	const { presence, sent, time } = world()
	presence.hub({ t: 'welcome', time: 0 })
	presence.setActive(false)
	await time.advance(hiddenAfterMs)
	presence.hub({ t: 'welcome', time: 0 })
	expect(sent).toEqual([away(false), away(true), away(true)])
})

test('[F4] a screen that is hidden and shown again, or goes in a reload, was never away', async () => {
	const { presence, sent, time } = world()
	presence.setActive(false)
	await time.advance(hiddenAfterMs - 1)
	presence.setActive(true)
	await time.advance(hiddenAfterMs)
	presence.setActive(false)
	presence.close()
	await time.advance(hiddenAfterMs)
	expect(sent).toEqual([])
})

test('[F4] five minutes without a word are away; a word ends it; who never speaks is no screen', async () => {
	const { presence, sent, time } = world()
	await time.advance(10 * idleAfterMs)
	expect(sent).toEqual([])
	presence.setActive(true)
	await time.advance(idleAfterMs - 1)
	presence.setActive(true)
	await time.advance(idleAfterMs - 1)
	expect(sent).toEqual([])
	await time.advance(1)
	expect(sent).toEqual([away(true)])
	presence.setActive(true)
	expect(sent).toEqual([away(true), away(false)])
	presence.setActive(false)
	await time.advance(idleAfterMs)
	expect(sent).toEqual([away(true), away(false), away(true)])
	presence.setActive(true)
	presence.close()
	expect(time.pending()).toBe(0)
})

test('[F4] a whole list replaces, a change adds, hidden takes away, a lost connection forgets', () => {
	const { presence, tell, changes } = world()
	tell(true, { account: 'a', state: 'online', lastSeen: null }, { account: 'b', state: 'offline', lastSeen: 60_000 })
	expect([presence.of('a'), presence.of('b'), presence.of('c')]).toEqual([
		{ type: 'online' },
		{ type: 'offline', lastSeen: 60_000 },
		null,
	])
	tell(false, { account: 'c', state: 'away', lastSeen: null })
	expect(presence.of('c')).toEqual({ type: 'away' })
	tell(false, { account: 'a', state: 'hidden', lastSeen: null })
	expect(presence.of('a')).toBeNull()
	tell(true)
	expect([presence.of('b'), presence.of('c')]).toEqual([null, null])
	const before = changes()
	presence.lost()
	expect(changes()).toBe(before)
	tell(true, { account: 'a', state: 'online', lastSeen: null })
	presence.lost()
	expect(presence.of('a')).toBeNull()
	expect(changes()).toBe(before + 2)
})

test('[F4] all is shown until something else was said; what cannot be read shows all', () => {
	const all = { presence: true, typing: true, receipts: true }
	expect(readPrivacy(shownEntry, null)).toEqual(all)
	expect(readPrivacy(shownEntry, new Uint8Array([9, 9]))).toEqual(all)
	const some = { presence: false, typing: true, receipts: false }
	expect(readPrivacy(shownEntry, encode(shownEntry.value, some))).toEqual(some)
})
