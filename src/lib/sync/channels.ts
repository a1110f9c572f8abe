/**
 * Channels of the multiplexed socket: which guid has which number, who listens, whom to follow.
 * After each reconnect everything that was attached or followed is asked for again; nobody above notices
 * but by `closed` and `open`.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Frame } from '#protocol/frames.ts'
import { parseGuid } from '#protocol/guid.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import type { Connection } from './connection.ts'

export interface ChannelListener {
	readonly open: () => void
	readonly frame: (frame: Frame) => void
	/** null: the connection went and comes back; a code: final for this guid. */
	readonly closed: (code: WireErrorCode | null) => void
}

export interface Follower {
	/** The page that takes posts now: at first, and each time it turns. */
	readonly current: (page: number, guid: string) => void
	/** Something came in a page to which nobody listens. It is kept for whoever attaches. */
	readonly elsewhere: (guid: string) => void
	/** The server no longer lets us hear it: it closed our channels, and its pages stay closed until it is followed again. */
	readonly expelled: () => void
}

export interface Channels {
	/** One listener per guid. The answer detaches it and closes the channel. */
	readonly attach: (guid: string, listener: ChannelListener) => () => void
	readonly send: (guid: string, payload: Bytes) => boolean
	/** Hears every page of the conversation in which something happens. */
	readonly follow: (conversation: string, follower: Follower) => () => void
	readonly stop: () => void
}

/** Frames of a page that came before somebody attached to it; beyond that the page syncs from its state vector. */
const maxEarlyFrames = 256

function conversationOf(guid: string): string {
	const address = parseGuid(guid)
	return address === null ? '' : bytesToBase64url(address.conversation)
}

export function createChannels(connection: Connection): Channels {
	/** Where we may write. */
	const numberByGuid = new Map<string, number>()
	/** What we may hear: a followed page that we closed goes on to come. The server gives no number twice. */
	const guidByNumber = new Map<number, string>()
	const listeners = new Map<string, ChannelListener>()
	const followers = new Map<string, Follower>()
	const early = new Map<string, Frame[]>()
	/** Closed by us, and asked for by nobody since: an answer to what we asked before is on its way at most. */
	const left = new Set<string>()

	function opened(guid: string, channel: number): void {
		guidByNumber.set(channel, guid)
		if (left.has(guid)) return
		numberByGuid.set(guid, channel)
		const listener = listeners.get(guid)
		if (listener !== undefined) admit(guid, listener)
	}

	function admit(guid: string, listener: ChannelListener): void {
		listener.open()
		const waiting = early.get(guid) ?? []
		early.delete(guid)
		for (const frame of waiting) listener.frame(frame)
	}

	function forget(guid: string): void {
		numberByGuid.delete(guid)
		early.delete(guid)
	}

	function hub(message: HubFromServer): void {
		if (message.t === 'welcome') {
			for (const conversation of followers.keys()) connection.send({ t: 'follow', conversation })
			for (const guid of listeners.keys()) connection.send({ t: 'open', guid })
		} else if (message.t === 'opened') {
			opened(message.guid, message.channel)
		} else if (message.t === 'following') {
			opened(message.guid, message.channel)
			followers.get(message.conversation)?.current(message.current, message.guid)
		} else if (message.t === 'closed') {
			forget(message.guid)
			listeners.get(message.guid)?.closed(message.code ?? null)
			if (message.code === 'not-member') followers.get(conversationOf(message.guid))?.expelled()
		}
	}

	function frame(received: Frame): void {
		const guid = guidByNumber.get(received.channel)
		if (guid === undefined) return
		const listener = listeners.get(guid)
		if (listener !== undefined) return listener.frame(received)
		const follower = followers.get(conversationOf(guid))
		if (follower === undefined) return
		const waiting = early.get(guid) ?? []
		early.set(guid, waiting)
		if (waiting.length < maxEarlyFrames) waiting.push(received)
		if (waiting.length === 1) follower.elsewhere(guid)
	}

	function offline(): void {
		numberByGuid.clear()
		guidByNumber.clear()
		early.clear()
		left.clear()
		for (const listener of [...listeners.values()]) listener.closed(null)
	}

	const stop = connection.listen({
		hub,
		frame,
		status: (state) => {
			if (state.type === 'waiting' || state.type === 'stopped' || state.type === 'ended') offline()
		},
	})

	return {
		attach: (guid, listener) => {
			listeners.set(guid, listener)
			left.delete(guid)
			if (numberByGuid.has(guid)) admit(guid, listener)
			else connection.send({ t: 'open', guid })
			return () => {
				if (listeners.get(guid) !== listener) return
				listeners.delete(guid)
				connection.send({ t: 'close', guid })
				left.add(guid)
				forget(guid)
			}
		},
		send: (guid, payload) => {
			const channel = numberByGuid.get(guid)
			return channel !== undefined && connection.sendFrame({ channel, recv: [], payload })
		},
		follow: (conversation, follower) => {
			followers.set(conversation, follower)
			connection.send({ t: 'follow', conversation })
			return () => {
				followers.delete(conversation)
				connection.send({ t: 'unfollow', conversation })
			}
		},
		stop,
	}
}
