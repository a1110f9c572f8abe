/**
 * Who is here, told to friends (product F4). An account is online while one of its live connections on any node says that
 * somebody looks, away while all of them say that nobody does, and else offline. Who may know is the domain's to say;
 * nothing goes to a connection that has not asked.
 *
 * What is told is read at the moment of telling, and who may know is asked again where that has changed meanwhile, so that a late
 * answer of the database never brings an old state back.
 */
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { bestState } from '#server/domain/online.ts'
import type { PresenceState, Signals } from '#server/domain/signals.ts'
import type { Connection } from './connection.ts'
import { socketLimits } from './limits.ts'
import type { SyncNode } from './node.ts'

/** What one connection says about itself. */
export interface ConnectionPresence {
	/** Its last word … */
	away: boolean
	/** … and the one that counts. */
	countsAway: boolean
	/** The next word counts from then on, ms. */
	countsFrom: number
	isWaiting: boolean
	/** It has asked. */
	listens: boolean
}

export function connectionPresence(): ConnectionPresence {
	return { away: false, countsAway: false, countsFrom: 0, isWaiting: false, listens: false }
}

type PresenceMessage = Extract<HubFromServer, { t: 'presence' }>
type Person = PresenceMessage['people'][number]

type Ports = Pick<SyncNode, 'domain' | 'live' | 'timers' | 'name'> & {
	/** The account is something else than before. */
	readonly moved: (account: string) => void
}

export class AccountPresence {
	readonly #ports: Ports
	/** What this node said last. */
	readonly #said = new Map<string, PresenceState>()
	/** Who has no connection any more, and has not left yet: since when, and how to stop waiting. */
	readonly #leaving = new Map<string, { readonly at: number; readonly stay: () => void }>()
	readonly #gone = new Map<string, number>()
	readonly #work = new Set<Promise<void>>()
	/** How often something changed in who may know of whom. */
	#changes = 0

	constructor(ports: Ports) {
		this.#ports = ports
	}

	/** Signals of all nodes; the answer stops listening. */
	listen(): () => void {
		const { cluster } = this.#ports.domain
		const stops = [
			cluster.subscribe('presence', (said) => this.#heard(said)),
			cluster.subscribe('node-came', () => this.#sayAll()),
			cluster.subscribe('node-gone', ({ node }) => {
				for (const account of this.#ports.domain.online.forget(node)) this.#moved(account)
			}),
			cluster.subscribe('presence-shown', ({ account, shown }) => {
				this.#changes++
				this.#do(this.#shown(account, shown))
			}),
			cluster.subscribe('friends-changed', ({ accounts }) => {
				this.#changes++
				for (const account of accounts) this.#do(this.#tellAll(account))
			}),
		]
		return () => stops.forEach((stop) => stop())
	}

	/** A connection came, went, or was looked at. */
	changed({ account }: Pick<Connection, 'account'>): void {
		if (account === '') return
		const isGone = this.#local(account) === 'offline'
		if (!isGone) this.#stays(account)
		if (this.#local(account) === this.#saidOf(account)) return
		if (!isGone) return this.#say(account)
		if (this.#leaving.has(account)) return
		const { timers, domain } = this.#ports
		const stay = timers.after(socketLimits.presenceGraceMs, () => this.#leaves(account))
		this.#leaving.set(account, { at: domain.clock(), stay })
	}

	#stays(account: string): void {
		this.#leaving.get(account)?.stay()
		this.#leaving.delete(account)
	}

	#leaves(account: string): void {
		const at = this.#leaving.get(account)?.at ?? this.#ports.domain.clock()
		this.#stays(account)
		if (this.#gone.size === 0) this.#ports.domain.defer(() => this.#do(this.#left()))
		this.#gone.set(account, at)
	}

	/** The first word of a connection is answered with the list. Later ones count at most once a second: each goes to all friends. */
	said(connection: Connection, away: boolean): void {
		const { presence } = connection
		presence.away = away
		if (!presence.listens) {
			presence.listens = true
			this.#do(this.#tellAll(connection.account))
		}
		if (presence.isWaiting) return
		const wait = presence.countsFrom - this.#ports.domain.clock()
		if (wait <= 0) return this.#count(connection)
		presence.isWaiting = true
		this.#ports.timers.after(wait, () => this.#count(connection))
	}

	#count(connection: Connection): void {
		const { presence } = connection
		presence.isWaiting = false
		presence.countsFrom = this.#ports.domain.clock() + socketLimits.presencePauseMs
		presence.countsAway = presence.away
		this.changed(connection)
	}

	/** Everything that is under way is stored and told; nobody is waited for. */
	async drained(): Promise<void> {
		for (const account of [...this.#leaving.keys()]) this.#leaves(account)
		while (this.#work.size > 0 || this.#gone.size > 0) {
			await new Promise<void>((resolve) => this.#ports.domain.defer(resolve))
			await Promise.all(this.#work)
		}
	}

	#do(work: Promise<void>): void {
		const done = work
			.catch((error: unknown) => this.#ports.domain.log.error('presence-failed', { error }))
			.finally(() => this.#work.delete(done))
		this.#work.add(done)
	}

	#saidOf(account: string): PresenceState {
		return this.#said.get(account) ?? 'offline'
	}

	#local(account: string): PresenceState {
		const live = this.#ports.live.of(account).filter(({ isLive }) => isLive)
		return bestState(live.map(({ presence }) => (presence.countsAway ? 'away' : 'online')))
	}

	/** All that left in one turn, in one transaction; who is back by then never left. */
	async #left(): Promise<void> {
		const left = [...this.#gone]
			.filter(([account]) => this.#local(account) === 'offline')
			.map(([account, at]) => ({ account, at }))
		this.#gone.clear()
		if (left.length > 0) await this.#ports.domain.presence.left(left)
		for (const { account } of left) this.#say(account)
	}

	#say(account: string): void {
		const state = this.#local(account)
		if (state === this.#saidOf(account)) return
		if (state === 'offline') this.#said.delete(account)
		else this.#said.set(account, state)
		this.#ports.domain.cluster.publish('presence', { account, node: this.#ports.name, state })
	}

	/** For a node that has heard nothing yet. */
	#sayAll(): void {
		for (const [account, state] of this.#said)
			this.#ports.domain.cluster.publish('presence', { account, node: this.#ports.name, state })
	}

	#heard(said: Signals['presence']): void {
		if (this.#ports.domain.online.heard(said)) this.#moved(said.account)
	}

	#moved(account: string): void {
		this.#ports.moved(account)
		this.#do(this.#tellFriends(account))
	}

	#listeners(account: string): Connection[] {
		return this.#ports.live.of(account).filter(({ isLive, presence }) => isLive && presence.listens)
	}

	#person(account: string, lastSeen: number | null): Person {
		const state = this.#ports.domain.online.stateOf(account)
		return { account, state, lastSeen: state === 'offline' ? lastSeen : null }
	}

	/** An answer from after the last change that was heard of. */
	async #current<T>(ask: () => Promise<T>): Promise<T> {
		for (;;) {
			const before = this.#changes
			const answer = await ask()
			if (this.#changes === before) return answer
		}
	}

	async #tellFriends(account: string): Promise<void> {
		const { presence } = this.#ports.domain
		const [watchers, lastSeen] = await this.#current(() =>
			Promise.all([presence.watchersOf(account), presence.lastSeen(account)]),
		)
		const message: PresenceMessage = { t: 'presence', whole: false, people: [this.#person(account, lastSeen)] }
		for (const connection of watchers.flatMap((watcher) => this.#listeners(watcher))) connection.tell(message)
	}

	/** The whole list, to all connections of an account. */
	async #tellAll(account: string): Promise<void> {
		if (this.#listeners(account).length === 0) return
		const seen = await this.#current(() => this.#ports.domain.presence.seenBy(account))
		const people = seen.map((friend) => this.#person(friend.account, friend.lastSeen))
		for (const connection of this.#listeners(account)) connection.tell({ t: 'presence', whole: true, people })
	}

	/** Friends of who hides are told that there is nothing to know. */
	async #shown(account: string, shown: boolean): Promise<void> {
		await this.#tellAll(account)
		if (shown) return this.#tellFriends(account)
		const friends = await this.#ports.domain.friends.friendsOf(base64urlToBytes(account) as Bytes)
		const message: PresenceMessage = {
			...{ t: 'presence', whole: false },
			people: [{ account, state: 'hidden', lastSeen: null }],
		}
		for (const connection of friends.flatMap((friend) => this.#listeners(friend))) connection.tell(message)
	}
}
