/** A server that is restored from a backup, and people who come back to it one after the other. */
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { runKith } from './kith-command.ts'
import { now, textOf, until } from './watching.ts'
import { onlineUntil, type Device, type Person, type World } from './world.ts'

const passphrase = 'a passphrase of the operator\n'

export const ackedUntil = ({ api }: Device) =>
	until(api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })

export async function backUp({ server: { data } }: World): Promise<string> {
	const backup = join(data, '../backup')
	const made = await runKith(['backup', backup, '--passphrase-file', '-'], { data, input: passphrase })
	expect(made).toMatchObject({ code: 0, err: '' })
	return backup
}

/** Nobody is online: who comes back is for the story to say. */
export async function restore(opened: World, people: readonly Person[], backup: string): Promise<void> {
	const { data } = opened.server
	for (const { wire } of people) wire.cut()
	await opened.stop()
	await rename(data, `${data}-lost`)
	const restored = await runKith(['restore', backup, '--passphrase-file', '-'], { data, input: passphrase })
	expect(restored).toMatchObject({ code: 0, err: '' })
	await opened.start()
}

export async function comesBack(person: Person): Promise<void> {
	person.wire.resume()
	await onlineUntil(person)
}

export async function warnsNobody(people: readonly Person[]): Promise<void> {
	for (const { api } of people) for (const { warning } of await now(api, 'friends', null)) expect(warning).toBeNull()
}

/** Exactly these, in whatever order. */
export const readsUntil = ({ api }: Device, of: string, texts: readonly string[]) =>
	until(api, {
		view: 'conversation',
		of,
		is: (view) => view?.messages.map(textOf).toSorted().join() === [...texts].toSorted().join(),
	})
