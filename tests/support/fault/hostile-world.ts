/**
 * A real server process, two honest people with real clients who talk to each other all the while, and Mallory, whom Alice
 * took for a friend. Whatever he does, the two must not notice.
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect } from 'vitest'
import type { ConversationId, Grant } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import { friendStep, must as mustCall, toBytes, type Person as HttpPerson } from '../http-person.ts'
import { serverAlone, startServerProcess, type ServerProcess } from '../server-process.ts'
import { testServerEnvironment } from '../server.ts'
import { testStretchings } from '../stretching.ts'
import { messagesUntil, must, textOf, until } from '../watching.ts'
import { befriend, inviteFrom, openDirect, signUp, writableUntil, type Device, type Someone } from '../world.ts'
import { Mallory, type Talk } from './mallory.ts'

export interface HostileWorld {
	readonly server: ServerProcess
	/** The folder of the server. */
	readonly data: string
	readonly alice: Someone
	readonly bob: Someone
	/** Alice's with Bob. */
	readonly honest: ConversationId
	readonly mallory: Mallory
	/** Invites further people. */
	invite(): Promise<Grant>
	/** Alice's with Mallory. */
	readonly talk: Talk
	/** A word each way between Alice and Bob arrives, after all others and no other. */
	stillTalk(): Promise<void>
	/** What Alice sees of Mallory: these texts and nothing else. */
	aliceSees(texts: readonly string[]): Promise<void>
	/** Resident memory of the server process, MiB. */
	memory(): number
	close(): Promise<void>
}

async function honestDevice(name: string, folder: string, port: number): Promise<Device> {
	const api = await createNodeClient({
		serverUrl: `http://127.0.0.1:${port}`,
		storage: { path: join(folder, `${name}.sqlite`) },
		stretchings: testStretchings,
	})
	return { name, api } as unknown as Device
}

/** As a person would: asked, looked at, accepted. */
export async function takeForFriend(alice: Someone, { person }: Mallory): Promise<void> {
	const to = { account: { idHash: toBytes(alice.account) } } as unknown as HttpPerson
	const request = await friendStep(person, to, { type: 'request' })
	await mustCall(person.http.call((api) => api.friends.request({ account: alice.account, request })))
	await until(alice.api, {
		view: 'friends',
		of: null,
		is: (friends) => friends.some(({ account, state }) => account === person.id && state === 'incoming'),
	})
	must(await alice.api.acceptFriend({ account: person.id }))
}

/** Alice takes him for a friend and writes the first word. */
export async function talkTo(alice: Someone, mallory: Mallory): Promise<Talk> {
	await takeForFriend(alice, mallory)
	const { conversation } = must(await alice.api.openDirect({ account: mallory.person.id }))
	await writableUntil(alice, conversation)
	must(await alice.api.post({ conversation, text: 'Hello Mallory' }))
	await messagesUntil(alice.api, conversation, ([first]) => first?.mark === 'sent')
	return mallory.talk(conversation, [alice.account])
}

/** After a friendship that ended. */
export const befriendAgain = ({ alice, mallory }: HostileWorld) => takeForFriend(alice, mallory)

function memoryOf(pid: number): number {
	const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
	return Math.round(Number(line?.[1] ?? 0) / 1024)
}

export async function hostileWorld(): Promise<HostileWorld> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-hostile-'))
	const data = join(folder, 'server')
	const server = await startServerProcess({
		data,
		env: testServerEnvironment,
		command: [process.execPath, ...serverAlone],
	})
	const token = (await server.setupLink()).split('#')[1] ?? ''
	const alice = await signUp(await honestDevice('alice', folder, server.port), { type: 'setup', token })
	const bob = await signUp(await honestDevice('bob', folder, server.port), await inviteFrom(alice))
	await befriend(alice, bob)
	const honest = await openDirect(alice, bob)
	const mallory = await Mallory.signUp(server, 'mallory', await inviteFrom(alice))
	const talk = await talkTo(alice, mallory)
	const conversation = talk.id

	const said: string[] = []
	const say = async (by: Someone, other: Someone) => {
		const text = `${by.name} says ${said.length + 1}`
		must(await by.api.post({ conversation: honest, text }))
		said.push(text)
		const seen = await messagesUntil(
			other.api,
			honest,
			(messages) => messages.at(-1)?.content.type === 'text' && textOf(messages.at(-1)!) === text,
		)
		expect(seen.map(textOf)).toEqual(said.slice(-seen.length))
	}
	return {
		...{ server, data, alice, bob, honest, mallory, talk },
		invite: () => inviteFrom(alice),
		stillTalk: async () => {
			await say(alice, bob)
			await say(bob, alice)
		},
		aliceSees: async (texts) => {
			const seen = await messagesUntil(alice.api, conversation, (messages) => messages.length >= texts.length)
			expect(seen.map(textOf)).toEqual(texts)
		},
		memory: () => memoryOf(server.pid),
		close: async () => {
			for (const { api } of [alice, bob]) await api.close()
			await server.kill()
			await rm(folder, { recursive: true, force: true })
		},
	}
}
