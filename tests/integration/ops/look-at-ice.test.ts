/** The doctor before a real TURN server, and before what is none. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '#server/config.ts'
import { lookAtIce } from '#server/ops/doctor/look-at-ice.ts'
import { startTurnServer, type TurnServer } from '#tests/support/turn-server.ts'

let turn: TurnServer
beforeAll(async () => {
	turn = await startTurnServer()
})
afterAll(() => turn.stop())

async function findings(env: Readonly<Record<string, string>>, { now = Date.now(), patience = 2_000 } = {}) {
	const config = readConfig(env)
	if (!config.ok) throw new Error(config.error.sentence)
	return (await lookAtIce(config.value.ice, now, patience)).map(({ state, is }) => `${state}: ${is}`)
}

test('a TURN server that shares the secret relays for us, by datagrams and by a stream, and answers for STUN', async () => {
	const at = `127.0.0.1:${turn.port}`
	const urls = `stun:${at}, turn:${at}, turn:${at}?transport=tcp`
	expect(await findings({ ...turn.env, KITH_ICE_URLS: urls })).toEqual([
		`ok: stun:${at} answers`,
		`ok: turn:${at}?transport=udp relays for us`,
		`ok: turn:${at}?transport=tcp relays for us`,
	])
})

test('another secret, and a name whose time is over, are refused', async () => {
	const refused = [`problem: turn:127.0.0.1:${turn.port}?transport=udp: does not take our password (401)`]
	expect(await findings({ ...turn.env, KITH_TURN_SECRET: 'another-secret-than-its' })).toEqual(refused)
	expect(await findings(turn.env, { now: Date.now() - 10 * 60_000 })).toEqual(refused)
})

test('what is silent, or says what it likes, is no TURN server', async () => {
	const socket = createSocket('udp4').bind(0, '127.0.0.1')
	await once(socket, 'listening')
	const { port } = socket.address() as AddressInfo
	const url = `turn:127.0.0.1:${port}?transport=udp`
	const env = { ...turn.env, KITH_ICE_URLS: url }
	expect(await findings(env, { patience: 100 })).toEqual([`problem: ${url}: does not answer`])
	// The same transaction, an error without a code, and an attribute that is longer than the message.
	socket.on('message', (asked, { port: to, address }) => {
		const answer = Buffer.concat([asked.subarray(0, 20), Buffer.from([0, 9, 255, 255])])
		answer.writeUInt16BE(0x0113, 0)
		socket.send(answer, to, address)
	})
	expect(await findings(env)).toEqual([`problem: ${url}: answers with nothing known`])
	socket.close()
})

test('none is well too', async () => {
	expect(await findings({})).toEqual(['ok: no STUN or TURN server: devices meet directly within one network'])
})
