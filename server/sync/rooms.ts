/**
 * Who hears what on this node. A channel is one page, with one number for all connections, so that its frames are built
 * once. A connection hears a page because it opened it, or because it follows the conversation: followers hear every page
 * in which something happens, each announced to them before its first frame.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { guidOf, parseGuid, type PageAddress } from '#protocol/guid.ts'
import type { Awareness, Speaker } from './awareness.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import type { PageFrame, WireBytes } from './frames.ts'
import { socketLimits } from './limits.ts'

/** A live connection, as far as rooms know it. */
export interface Listener extends Speaker {
	/** Unique among all connections of all nodes. */
	readonly id: string
	readonly account: string
	/** Hears rows and log entries of open rooms, and never who else is there. */
	readonly isGuest: boolean
	/** Where it listens, base64url. */
	readonly conversations: Set<string>
	/** A message of a page that it listens to. */
	hear(frame: PageFrame): void
	/** It hears these no more. */
	expelled(channels: readonly Channel[], code: WireErrorCode): void
}

/** One that can be told of pages that it did not open. */
export interface Follower extends Listener {
	send(bytes: WireBytes): void
}

export interface Channel {
	readonly number: number
	readonly guid: string
	readonly address: PageAddress
	readonly room: Room
	/** Those who opened this very page. */
	readonly openers: ReadonlySet<Listener>
	/** All followers of the room know its number. */
	announced: boolean
	awareness: Awareness | null
}

export interface Room {
	/** Conversation, base64url. */
	readonly key: string
	readonly followers: Set<Follower>
	readonly channels: Map<string, Channel>
}

/** Shared by all pages that nobody opened by name, which are nearly all. */
const nobody: ReadonlySet<Listener> = new Set()

class PageChannel implements Channel {
	readonly number: number
	readonly guid: string
	readonly room: Room
	announced = false
	awareness: Awareness | null = null
	#openers: Set<Listener> | null = null

	constructor(number: number, guid: string, room: Room) {
		this.number = number
		this.guid = guid
		this.room = room
	}

	/** Read from the guid when it is asked for: there are as many channels as conversations that somebody follows. */
	get address(): PageAddress {
		return parseGuid(this.guid) as PageAddress
	}

	get openers(): ReadonlySet<Listener> {
		return this.#openers ?? nobody
	}

	enter(listener: Listener): void {
		this.#openers ??= new Set()
		this.#openers.add(listener)
	}

	leave(listener: Listener): boolean {
		return this.#openers?.delete(listener) === true
	}
}

interface OwnRoom extends Room {
	readonly channels: Map<string, PageChannel>
}

export class Rooms {
	readonly #rooms = new Map<string, OwnRoom>()
	readonly #byNumber = new Map<number, PageChannel>()
	/** 0 is the hub. Numbers are never used twice, so that a late frame never reaches another page. */
	#lastNumber = 0

	room(conversation: string): Room | null {
		return this.#rooms.get(conversation) ?? null
	}

	channels(): Iterable<Channel> {
		return this.#byNumber.values()
	}

	channel(number: number): Channel | null {
		return this.#byNumber.get(number) ?? null
	}

	#roomOf(key: string): OwnRoom {
		const known = this.#rooms.get(key)
		if (known !== undefined) return known
		const room: OwnRoom = { key, followers: new Set(), channels: new Map() }
		this.#rooms.set(key, room)
		return room
	}

	#channelOf(room: OwnRoom, address: PageAddress): PageChannel {
		const guid = guidOf(address)
		const known = room.channels.get(guid)
		if (known !== undefined) return known
		const channel = new PageChannel(++this.#lastNumber, guid, room)
		room.channels.set(guid, channel)
		this.#byNumber.set(channel.number, channel)
		return channel
	}

	open(listener: Listener, address: PageAddress): Channel {
		const channel = this.#channelOf(this.#roomOf(bytesToBase64url(address.conversation)), address)
		channel.enter(listener)
		return channel
	}

	/** Those others, if any, who must hear that it is gone from the page. */
	close(listener: Listener, guid: string): Channel | null {
		const address = parseGuid(guid)
		const room = address === null ? undefined : this.#rooms.get(bytesToBase64url(address.conversation))
		const channel = room?.channels.get(guid)
		if (room === undefined || channel === undefined || !channel.leave(listener)) return null
		this.#tidy(room)
		return channel
	}

	/** The current page's channel. What else is announced to followers, the caller tells the new one. */
	follow(listener: Follower, current: PageAddress): Channel {
		const room = this.#roomOf(bytesToBase64url(current.conversation))
		room.followers.add(listener)
		const channel = this.#channelOf(room, current)
		channel.announced = true
		return channel
	}

	unfollow(listener: Follower, conversation: string): Room | null {
		const room = this.room(conversation)
		if (room === null || !room.followers.delete(listener)) return null
		this.#tidy(room)
		return room
	}

	/** Where something happens in a conversation that somebody follows; `isNew`: its followers do not know the number yet. */
	announce(room: Room, address: PageAddress): { channel: Channel; isNew: boolean; withdrawn: Channel[] } {
		const channel = this.#channelOf(room as OwnRoom, address)
		const isNew = !channel.announced
		channel.announced = true
		// The one that was announced last is the last to go.
		room.channels.delete(channel.guid)
		room.channels.set(channel.guid, channel)
		return { channel, isNew, withdrawn: isNew ? this.#withdrawOldest(room) : [] }
	}

	/** Never the newest page. */
	#withdrawOldest(room: Room): Channel[] {
		const channels = [...(room as OwnRoom).channels.values()]
		const newest = Math.max(...channels.map(({ address }) => address.page))
		const announced = channels.filter((channel) => channel.announced && channel.address.page < newest)
		const withdrawn = announced.slice(0, Math.max(0, announced.length - socketLimits.followedPages))
		for (const channel of withdrawn) channel.announced = false
		return withdrawn
	}

	hears(listener: Listener, channel: Channel): boolean {
		return channel.openers.has(listener) || (channel.announced && channel.room.followers.has(listener as Follower))
	}

	/** Pages that it opened by name. */
	*openedBy(listener: Listener): Iterable<Channel> {
		for (const conversation of listener.conversations) {
			for (const channel of this.room(conversation)?.channels.values() ?? [])
				if (channel.openers.has(listener)) yield channel
		}
	}

	/** Everybody who hears the channel, each once. */
	*audience(channel: Channel): Iterable<Listener> {
		yield* channel.openers
		if (!channel.announced) return
		for (const follower of channel.room.followers) if (!channel.openers.has(follower)) yield follower
	}

	/** Out of one conversation: the channels that it heard there. */
	expel(listener: Listener, room: Room): Channel[] {
		const heard = [...(room as OwnRoom).channels.values()].filter((channel) => this.hears(listener, channel))
		room.followers.delete(listener as Follower)
		for (const channel of heard) channel.leave(listener)
		this.#tidy(room)
		return heard
	}

	/** All of one conversation's listeners. */
	listeners(room: Room): Set<Listener> {
		const all = new Set<Listener>(room.followers)
		for (const { openers } of room.channels.values()) for (const opener of openers) all.add(opener)
		return all
	}

	#tidy(room: Room): void {
		const channels = [...(room as OwnRoom).channels.values()]
		if (room.followers.size === 0) for (const channel of channels) channel.announced = false
		for (const channel of channels) {
			if (channel.openers.size > 0 || channel.announced) continue
			room.channels.delete(channel.guid)
			this.#byNumber.delete(channel.number)
		}
		if (room.channels.size === 0 && room.followers.size === 0) this.#rooms.delete(room.key)
	}
}
