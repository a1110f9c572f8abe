import { beforeEach, expect, test } from 'vitest'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { socketLimits } from '#server/sync/limits.ts'
import { Rooms, type Follower } from '#server/sync/rooms.ts'

const conversation = new Uint8Array(16).fill(5)
const key = bytesToBase64url(conversation)
const page = (number: number) => ({ conversation, page: number, part: 0 })

let rooms: Rooms
let alice: Follower
let bob: Follower

const listener = (id: string): Follower => ({
	id,
	account: id,
	device: id,
	isGuest: false,
	conversations: new Set([key]),
	hear: () => {},
	expelled: () => {},
	send: () => {},
})

beforeEach(() => {
	rooms = new Rooms()
	alice = listener('alice')
	bob = listener('bob')
})

test('one number per page for all; never the hub’s, never used twice', () => {
	const [one, two] = [rooms.open(alice, page(0)), rooms.open(bob, page(0))]
	expect(one).toBe(two)
	expect(one.number).toBeGreaterThan(0)
	rooms.close(alice, one.guid)
	rooms.close(bob, one.guid)
	expect(rooms.channel(one.number)).toBeNull()
	expect(rooms.room(key)).toBeNull()
	expect(rooms.open(alice, page(0)).number).toBeGreaterThan(one.number)
})

test('who opened and follows hears once', () => {
	const channel = rooms.open(alice, page(0))
	rooms.follow(alice, page(0))
	rooms.follow(bob, page(0))
	expect([...rooms.audience(channel)]).toEqual([alice, bob])
	rooms.close(alice, channel.guid)
	expect(rooms.hears(alice, channel)).toBe(true)
	rooms.unfollow(alice, key)
	expect([...rooms.audience(channel)]).toEqual([bob])
})

test('a page of its own is heard by its openers only, until something happens there', () => {
	rooms.follow(bob, page(3))
	const old = rooms.open(alice, page(1))
	expect([...rooms.audience(old)]).toEqual([alice])
	expect(rooms.announce(old.room, page(1))).toMatchObject({ channel: old, isNew: true, withdrawn: [] })
	expect(rooms.announce(old.room, page(1)).isNew).toBe(false)
	expect([...rooms.audience(old)]).toEqual([alice, bob])
})

test('of announced pages the longest quiet ones are withdrawn, never the newest', () => {
	const newest = rooms.follow(bob, page(100))
	const { room } = newest
	const withdrawn = Array.from(
		{ length: socketLimits.followedPages + 2 },
		(_, i) => rooms.announce(room, page(i)).withdrawn,
	)
	expect(withdrawn.flat().map(({ address }) => address.page)).toEqual([0, 1])
	expect(newest.announced).toBe(true)
	expect(rooms.hears(bob, newest)).toBe(true)
})

test('expelled from a conversation is expelled from every page of it', () => {
	const one = rooms.follow(alice, page(1))
	const two = rooms.open(alice, page(0))
	rooms.follow(bob, page(1))
	expect(new Set(rooms.expel(alice, one.room))).toEqual(new Set([one, two]))
	expect([rooms.hears(alice, one), rooms.hears(alice, two)]).toEqual([false, false])
	expect(rooms.listeners(one.room)).toEqual(new Set([bob]))
	rooms.expel(bob, one.room)
	expect(rooms.room(key)).toBeNull()
})
