/**
 * A server that lies when Bob's device proves itself: what it gets from him opens nothing, and a server by another key gets
 * nothing at all (SPEC AUTH). It can always turn him away; then his store stays, and the true server finds all of it.
 */
import { expect, onTestFinished, test } from 'vitest'
import type { KithApi } from '#core/api.ts'
import type { HubFromClient, HubFromServer } from '#protocol/hub.ts'
import { liedTo, type LiedTo } from '#tests/support/fault/lied-to.ts'
import type { Lies } from '#tests/support/fault/lying-line.ts'
import { anonymous, codeOf, toText } from '#tests/support/http-person.ts'
import { must, until } from '#tests/support/watching.ts'

type Challenge = Extract<HubFromServer, { t: 'challenge' }>
type Said<T extends HubFromClient['t']> = Extract<HubFromClient, { t: T }>
const patience = { timeout: 120_000 }

async function story(): Promise<LiedTo> {
	const told = await liedTo()
	onTestFinished(() => told.close())
	return told
}

const challenged = (change: (challenge: Challenge) => Partial<Challenge>): Lies => ({
	hub: (message) => [message.t === 'challenge' ? { ...message, ...change(message) } : message],
})

function last<T extends HubFromClient['t']>({ line }: LiedTo, t: T): Said<T> {
	const said = line.answered.findLast((message) => message.t === t)
	if (said === undefined) throw new Error(`he has not said ${t}`)
	return said as Said<T>
}

const endedBy = async (api: KithApi) => {
	const session = await until(api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
	return session.type === 'signed-out' ? session.why : null
}

/** The true server is back: the same store opens, and what was written meanwhile arrives. */
async function comesBack(told: LiedTo): Promise<void> {
	told.line.lie({})
	const api = await told.reopened()
	await until(api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
	must(await api.post({ conversation: told.conversation, text: 'here again' }))
	await until(told.alice.api, {
		...{ view: 'conversation', of: told.conversation },
		is: (view) =>
			view?.messages.some(({ content }) => content.type === 'text' && content.text === 'here again') === true,
	})
}

test('[AUTH1] a challenge by another server’s key is not answered', patience, async () => {
	const told = await story()
	const { line, bob, carol } = told
	const said = line.answered.filter(({ t }) => t === 'auth').length
	line.lie(challenged(() => ({ serverKey: toText(carol.crypto.random(32)) })))
	line.cut()
	expect(await endedBy(bob.api)).toBe('wrong-origin')
	expect(line.answered.filter(({ t }) => t === 'auth').length).toBe(said)
	await comesBack(told)
})

test('[AUTH1] what he signs over a nonce of the liar’s is no proof for the true server', patience, async () => {
	const told = await story()
	const { line, bob, carol } = told
	line.lie(challenged(() => ({ serverNonce: toText(carol.crypto.random(32)) })))
	line.cut()
	expect(await endedBy(bob.api)).toBe('bad-device-proof')
	await comesBack(told)
})

test('[AUTH2] a nonce of a refresh, given as that of a socket, refreshes nothing', patience, async () => {
	const told = await story()
	const { line, world, bob } = told
	let session: { refreshToken: string; refreshNonce: string } | null = null
	line.lie({
		http: (path, answer) => {
			if (path === '/auth/refresh') session = answer as typeof session
			return answer
		},
	})
	// A new start asks for a token: the liar reads along what the answer gives for the next time.
	const api = await told.reopened()
	await until(api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
	const { refreshToken, refreshNonce } = session as unknown as { refreshToken: string; refreshNonce: string }
	line.lie(challenged(() => ({ serverNonce: refreshNonce })))
	line.cut()
	expect(await endedBy(api)).toBe('bad-device-proof')
	const [{ clientNonce }, { signature }] = [last(told, 'hello'), last(told, 'auth')]
	const [device] = [...(await told.carol.accountOf(bob.account)).devices.keys()]
	const form = { refreshToken, deviceId: device ?? '', clientNonce, signature, transport: 'body' as const }
	expect(await codeOf(anonymous(world.server).call((http) => http.auth.refresh(form)))).toBe('bad-device-proof')
	await api.close()
	await comesBack(told)
})
