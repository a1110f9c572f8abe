/** A member who makes what he can of tickets: each opens one page, once, for the session and device that asked for it. */
import { WebSocket } from 'ws'
import type { Bytes } from '#protocol/bytes.ts'
import { ticketProtocol } from '#protocol/ticket.ts'
import { generateSigningKey } from '#crypto/signing-key.ts'
import { Mallory } from '#tests/support/fault/mallory.ts'
import { must } from '#tests/support/http-person.ts'
import { askNonce, askTicket, ticketFor, type TicketAsker } from '#tests/support/stock-clients.ts'
import { attacks } from './attacks.ts'
import { heard, world } from './one-world.ts'

function asker({ person }: Mallory = world.mallory, sign = person.device.signing.sign): TicketAsker {
	const { accessToken, sid } = person.session
	const ids = { serverId: person.serverId, idHash: person.account.idHash, deviceId: person.device.deviceId }
	return { accessToken, sid, ...ids, sign: (body) => sign('auth', body) }
}

/** Code of the answer to a wish for a ticket; `nonceOf`: whose session the nonce was given to. */
async function wished(by: TicketAsker, { guid = world.talk.guid(), nonceOf = by } = {}): Promise<string> {
	const { serverNonce, code = '' } = (await askNonce(world.server.port, nonceOf)).body
	return serverNonce === undefined ? code : asked(by, { guid, serverNonce })
}

async function asked(by: TicketAsker, wish: { guid: string; serverNonce: string }): Promise<string> {
	const { status, body } = await askTicket(world.server.port, by, wish)
	return status === 201 ? 'ok' : (body['code'] ?? '')
}

/** Close code of a door at which a ticket is shown; `open` where it lets him in. */
async function shown(protocol: string, guid = world.talk.guid()): Promise<string> {
	const socket = new WebSocket(`ws://127.0.0.1:${world.server.port}/sync/${guid}`, protocol)
	const opened = new Promise<string>((resolve) => socket.on('message', () => resolve('open')))
	const closed = new Promise<string>((resolve) => {
		socket.on('close', (code) => resolve(String(code)))
		socket.on('unexpected-response', (_request, { statusCode }) => resolve(String(statusCode)))
		socket.on('error', () => {})
	})
	const answer = await Promise.race([opened, closed])
	socket.terminate()
	return answer
}

const ticket = () => ticketFor(world.server.port, asker(), world.talk.guid())

/** Somebody whose session is his to lend. */
const trent = async () => Mallory.signUp(world.server, `trent${++trents}`, await world.invite())
let trents = 0

const acts = {
	'a ticket used twice': async () => {
		const protocol = await ticket()
		return [await shown(protocol), await shown(protocol)]
	},
	'a ticket shown at another page, and then at its own': async () => {
		const protocol = await ticket()
		return [await shown(protocol, world.talk.guid(1)), await shown(protocol)]
	},
	'a ticket shown at the page of others': async () => [await shown(await ticket(), `c/${world.honest}/0`)],
	'a ticket for the page of others': async () => [await wished(asker(), { guid: `c/${world.honest}/0` })],
	'a ticket that he makes up': async () => [await shown(ticketProtocol(world.mallory.crypto.random(32)))],
	'a ticket signed by another device': async () => [
		await wished(asker(world.mallory, (await generateSigningKey(world.mallory.crypto)).sign)),
	],
	'a ticket in the name of another device': async () => {
		const [hers] = (await world.mallory.accountOf(world.alice.account)).devices.values()
		return [await wished({ ...asker(), deviceId: hers?.deviceId as Bytes })]
	},
	'a ticket for another session than that which asks': async () => {
		const other = asker(await trent())
		return [
			await wished({ ...asker(), sid: other.sid }),
			await wished(asker(), { nonceOf: other }),
			await wished({ ...asker(), accessToken: other.accessToken }),
		]
	},
	'a nonce used twice': async () => {
		const { serverNonce = '' } = (await askNonce(world.server.port, asker())).body
		const wish = { guid: world.talk.guid(), serverNonce }
		return [await asked(asker(), wish), await asked(asker(), wish)]
	},
	'a ticket of a session that he has signed out': async () => {
		const protocol = await ticket()
		await must(world.mallory.person.http.call((api) => api.auth.signOut({})))
		const codes = [await shown(protocol), await wished(asker())]
		await world.mallory.openSession()
		return codes
	},
}

attacks('with a ticket', acts, heard)
