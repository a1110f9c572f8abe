/**
 * Who is online in a group or room, told to members who look at it (product C4, SPEC WIRE15): the number, and up to 50 members the
 * people. Changes of one room are told once a second, to each connection only what is new to it.
 */
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { textToId } from '#protocol/ids.ts'
import { AWARENESS_MAX_MEMBERS } from '#protocol/limits.ts'
import type { Connection } from './connection.ts'
import { socketLimits } from './limits.ts'
import type { SyncNode } from './node.ts'

type OnlineMessage = Extract<HubFromServer, { t: 'online' }>

interface WatchedRoom {
	readonly key: string
	/** What each was told last, as text to compare. */
	readonly told: Map<Connection, string>
	/** As they were when it was told. */
	members: ReadonlyMap<string, unknown>
	isPausing: boolean
	isStale: boolean
}

export class RoomPresence {
	readonly #node: Pick<SyncNode, 'domain' | 'timers'>
	readonly #rooms = new Map<string, WatchedRoom>()
	/** How often something changed in who may know of whom. */
	#changes = 0

	constructor(node: Pick<SyncNode, 'domain' | 'timers'>) {
		this.#node = node
	}

	/** Signals of all nodes; the answer stops listening. */
	listen(): () => void {
		const { cluster } = this.#node.domain
		const stops = [
			cluster.subscribe('presence-shown', ({ account }) => {
				this.#changes++
				this.moved(account)
			}),
			cluster.subscribe('conversation-log', ({ conversation }) => {
				this.#changes++
				const room = this.#rooms.get(conversation)
				if (room !== undefined) this.#touch(room)
			}),
		]
		return () => stops.forEach((stop) => stop())
	}

	/** The account came, went or looked away, on whatever node. */
	moved(account: string): void {
		for (const room of this.#rooms.values()) if (room.members.has(account)) this.#touch(room)
	}

	async watch(connection: Connection, conversation: string): Promise<void> {
		const refused = { t: 'error', code: 'not-member', about: conversation } as const
		const state = await this.#stateOf(conversation)
		if (state === null || !isOfMany(state) || !state.members.has(connection.account)) return connection.tell(refused)
		if (!connection.isLive) return
		if (this.#countOf(connection) >= socketLimits.watchedRooms) {
			return connection.tell({ t: 'error', code: 'rate-limited', about: conversation })
		}
		const room = this.#rooms.get(conversation) ?? watchedRoom(conversation, state)
		this.#rooms.set(conversation, room)
		room.told.set(connection, '')
		await this.#tell(room)
	}

	unwatch(connection: Connection, conversation: string): void {
		const room = this.#rooms.get(conversation)
		if (room?.told.delete(connection) === true && room.told.size === 0) this.#rooms.delete(conversation)
	}

	gone(connection: Connection): void {
		for (const { key } of [...this.#rooms.values()]) this.unwatch(connection, key)
	}

	#countOf(connection: Connection): number {
		return [...this.#rooms.values()].filter(({ told }) => told.has(connection)).length
	}

	async #stateOf(conversation: string): Promise<ConversationState | null> {
		const id = textToId('conversation', conversation)
		return id === null ? null : this.#node.domain.conversationStates.get(id)
	}

	/** Told now, and what comes within a second after, together at its end. */
	#touch(room: WatchedRoom): void {
		if (room.isPausing) {
			room.isStale = true
			return
		}
		room.isPausing = true
		this.#node.timers.after(socketLimits.presencePauseMs, () => {
			room.isPausing = false
			if (room.isStale && room.told.size > 0) this.#touch(room)
		})
		room.isStale = false
		this.#tell(room).catch((error: unknown) => this.#node.domain.log.error('online-not-told', { error }))
	}

	async #tell(room: WatchedRoom): Promise<void> {
		const { conversationStates, online } = this.#node.domain
		const before = this.#changes
		const state = await conversationStates.get(base64urlToBytes(room.key) as Bytes)
		if (state === null) return
		room.members = state.members
		const now = await online.among(state)
		// The answer is from before somebody hid, or left.
		if (this.#changes !== before) return this.#tell(room)
		const people = state.members.size > AWARENESS_MAX_MEMBERS ? null : now.online
		const shown: OnlineMessage = { t: 'online', conversation: room.key, online: { count: now.online.length, people } }
		for (const [connection, last] of [...room.told]) {
			if (!state.members.has(connection.account)) {
				this.unwatch(connection, room.key)
				continue
			}
			// Who shows nothing sees nothing.
			const message: OnlineMessage = now.hidden.has(connection.account) ? { ...shown, online: null } : shown
			const text = JSON.stringify(message.online)
			if (text === last || !room.told.has(connection)) continue
			room.told.set(connection, text)
			connection.tell(message)
		}
	}
}

function watchedRoom(key: string, { members }: ConversationState): WatchedRoom {
	return { key, told: new Map(), members, isPausing: false, isStale: false }
}

function isOfMany({ kind }: ConversationState): boolean {
	return kind === 'group' || kind === 'room-open' || kind === 'room-private'
}
