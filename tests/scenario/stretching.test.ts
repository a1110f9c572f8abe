/** A server may not make passwords cheap to guess. */
import { expect, it, onTestFinished } from 'vitest'
import { createNodeClient } from '#platform/node/node-client.ts'
import { STRETCHING } from '#protocol/limits.ts'
import { anonymous, must } from '../support/http-person.ts'
import { startTestServer } from '../support/server.ts'
import { refusal } from '../support/watching.ts'
import { strongPassword } from '../support/world.ts'

it('[A1] a server that asks for cheap stretching of the password is refused before anything is sent', async () => {
	const server = await startTestServer()
	onTestFinished(() => server.close())
	const api = await createNodeClient({ serverUrl: server.origin })
	onTestFinished(() => api.close())
	const grant = { type: 'setup', token: (await server.setupToken()) ?? '' } as const
	const signUp = await api.prepareSignUp({
		name: 'alice',
		displayName: 'Alice',
		password: strongPassword('alice'),
		grant,
	})
	expect(refusal(signUp)).toEqual({ type: 'not-verified', what: 'server' })
	const signIn = await api.signIn({ name: 'alice', password: strongPassword('alice') })
	expect(refusal(signIn)).toEqual({ type: 'not-verified', what: 'server' })
})

it('[A1] a server that is told nothing asks for the stretching that the protocol fixes', async () => {
	const server = await startTestServer({ env: { KITH_OPAQUE_STRETCHING: 'standard' } })
	onTestFinished(() => server.close())
	const { stretching } = await must(anonymous(server).call((api) => api.instance.get()))
	const { version, iterations, memoryKiB, parallelism } = STRETCHING
	expect(stretching).toEqual({ version, iterations, memory: memoryKiB, parallelism })
})
