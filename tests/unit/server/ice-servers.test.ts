import { expect, test } from 'vitest'
import { createIceServers, turnHoldsMs } from '#server/domain/ice-servers.ts'
import { turnPassword } from '#server/node-crypto.ts'
import type { Bytes } from '#protocol/bytes.ts'

const clock = () => 1_600_000_000_500
const random = (length: number) => new Uint8Array(length).fill(7) as Bytes
const stun = ['stun:stun.example.org:3478']
const urls = ['turn:turn.example.org:3478?transport=udp']

test('the password of a name is what a server with the same secret makes of it', () => {
	// printf '1600000000:kith' | openssl dgst -sha1 -hmac north -binary | base64
	expect(turnPassword('north')('1600000000:kith')).toBe('dbCmk/i4hk6B8rVK8zpgYN9JFmA=')
})

test('a TURN server is named with a name that holds for a while and says nothing of whose it is', () => {
	const turn = { urls, passwordOf: turnPassword('north') }
	const named = createIceServers({ iceHelp: { stun, turn }, clock, random }).name()
	const username = `${Math.floor((clock() + turnHoldsMs) / 1000)}:BwcHBwcHBwcH`
	expect(named).toEqual({
		servers: [
			{ urls: stun, username: null, credential: null },
			{ urls, username, credential: turnPassword('north')(username) },
		],
		until: clock() + turnHoldsMs,
	})
})

test('without servers none are named, and none relays', () => {
	const none = createIceServers({ iceHelp: { stun: [], turn: null }, clock, random })
	expect([none.name().servers, none.isRelayed]).toEqual([[], false])
	expect(createIceServers({ iceHelp: { stun, turn: null }, clock, random }).isRelayed).toBe(false)
})
