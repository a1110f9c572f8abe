/**
 * Three people, friends all, with two devices each (the second signed in by password on an empty store) and a conversation
 * for each pair, online and idle: made once, then copied for each run.
 */
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AccountId, ConversationId } from '#core/api.ts'
import { setupGrant } from '../story.ts'
import { must } from '../watching.ts'
import {
	befriend,
	inviteFrom,
	onlineUntil,
	openDirect,
	openWorld,
	signUp,
	writableUntil,
	type Person,
	type World,
} from '../world.ts'

export interface TemplateDevice {
	readonly name: string
	readonly account: AccountId
	readonly conversations: readonly ConversationId[]
}

export interface Template {
	readonly devices: readonly TemplateDevice[]
	readonly conversations: readonly ConversationId[]
	/** A fresh copy: `server` and a store per device (`<name>.sqlite`). */
	copy(): Promise<{ readonly folder: string; remove(): Promise<void> }>
	remove(): Promise<void>
}

/** Memory where there is some that looks like a disk: what is tested is what is written, not how fast it spins. */
async function newFolder(): Promise<string> {
	const shm = '/dev/shm'
	return mkdtemp(join(existsSync(shm) ? shm : tmpdir(), 'kith-model-'))
}

async function signUpAll(world: World): Promise<Person[]> {
	const people: Person[] = []
	for (const name of ['alice', 'bob', 'charlie']) {
		const device = await world.device(name)
		const [admin] = people
		people.push(await signUp(device, admin === undefined ? await setupGrant(world) : await inviteFrom(admin)))
	}
	return people
}

export async function makeTemplate(): Promise<Template> {
	const world = await openWorld()
	const people = await signUpAll(world)
	const conversations = new Map<ConversationId, readonly AccountId[]>()
	for (const [i, one] of people.entries()) {
		for (const other of people.slice(i + 1)) {
			await befriend(one, other)
			conversations.set(await openDirect(one, other), [one.account, other.account])
		}
	}
	const seconds = []
	for (const { name, password, account } of people) {
		const device = await world.device(`${name}-2`)
		must(await device.api.signIn({ name, password }))
		seconds.push(Object.assign(device, { account }))
	}
	const all = [...people, ...seconds]
	const conversationsOf = (account: AccountId) =>
		[...conversations].flatMap(([id, members]) => (members.includes(account) ? [id] : []))
	for (const device of all) for (const id of conversationsOf(device.account)) await writableUntil(device, id)
	for (const device of all) await onlineUntil(device)

	const folder = await newFolder()
	for (const { api } of all) await api.close()
	await world.stop()
	await cp(world.server.data, join(folder, 'server'), { recursive: true })
	for (const { name, store } of all) {
		await cp(store, join(folder, `${name}.sqlite`))
		await cp(`${store}.key`, join(folder, `${name}.sqlite.key`))
	}
	await world.close()
	return {
		devices: all.map(({ name, account }) => ({ name, account, conversations: conversationsOf(account) })),
		conversations: [...conversations.keys()],
		copy: async () => {
			const copied = await newFolder()
			await cp(folder, copied, { recursive: true })
			return { folder: copied, remove: () => rm(copied, { recursive: true, force: true }) }
		},
		remove: () => rm(folder, { recursive: true, force: true }),
	}
}
