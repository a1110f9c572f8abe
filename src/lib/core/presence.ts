/**
 * Who of our friends is here, as the server tells it over the hub, and whether we look (product F4). Nothing is stored: a
 * presence from before is none. Somebody looks while a screen says so; nobody, when it was hidden for some seconds, or has
 * been silent for five minutes.
 */
import type { HubFromServer } from '#protocol/hub.ts'
import type { Timers } from '#protocol/ports.ts'
import type { Connection } from '#sync/connection.ts'
import type { AccountId, PresenceView } from './api.ts'

export interface Presence {
	/** Null: nothing is known, or nothing may be. */
	readonly of: (account: AccountId) => PresenceView | null
	/** A screen is looked at, or was left. Called again while it is used. */
	readonly setActive: (active: boolean) => void
	readonly hub: (message: HubFromServer) => void
	/** No longer connected: what was known holds no more. */
	readonly lost: () => void
	readonly close: () => void
}

export interface PresenceDeps {
	readonly timers: Timers
	readonly send: Connection['send']
	/** What `of` says has changed. */
	readonly changed: () => void
}

export const idleAfterMs = 5 * 60_000
/** A screen that is hidden may be one that reloads, or the way to another. */
export const hiddenAfterMs = 3_000

export function createPresence({ timers, send, changed }: PresenceDeps): Presence {
	const people = new Map<AccountId, PresenceView>()
	let away = false
	let cancelIdle = () => {}

	function setAway(next: boolean): void {
		if (next === away) return
		away = next
		send({ t: 'presence', away })
	}

	function take({ whole, people: told }: Extract<HubFromServer, { t: 'presence' }>): void {
		if (whole) people.clear()
		for (const { account, state, lastSeen } of told) {
			if (state === 'hidden') people.delete(account)
			else people.set(account, state === 'offline' ? { type: 'offline', lastSeen } : { type: state })
		}
		changed()
	}

	return {
		of: (account) => people.get(account) ?? null,
		setActive: (active) => {
			cancelIdle()
			cancelIdle = timers.after(active ? idleAfterMs : hiddenAfterMs, () => setAway(true))
			if (active) setAway(false)
		},
		hub: (message) => {
			if (message.t === 'welcome') send({ t: 'presence', away })
			if (message.t === 'presence') take(message)
		},
		lost: () => {
			if (people.size === 0) return
			people.clear()
			changed()
		},
		close: () => cancelIdle(),
	}
}
