/**
 * How a story begins: `const { alice, bob, world } = await setup('alice', 'bob')`. A real server, and for each name a real
 * client whose account is made: the first by the set-up link, the others by her invitations. All ends with the test.
 */
import { expect, onTestFinished, vi } from 'vitest'
import { inviteFrom, openWorld, signUp, type Person, type World, type WorldOptions } from './world.ts'

/** Several clients and a server share two cores with whatever else runs: bounds are for what hangs, not for what is slow. */
vi.setConfig({ testTimeout: 90_000 })

export async function world(options: WorldOptions = {}): Promise<World> {
	const opened = await openWorld(options)
	onTestFinished(async () => {
		await opened.close()
		expect(opened.troubles()).toEqual([])
	})
	return opened
}

export type Story<Name extends string> = Readonly<Record<Name, Person>> & { readonly world: World }

export async function setup<Name extends string>(...names: readonly Name[]): Promise<Story<Name>> {
	return peopled(await world(), names)
}

/** Signs all of them up in a world that is not set up yet. */
export async function peopled<Name extends string>(opened: World, names: readonly Name[]): Promise<Story<Name>> {
	const people: Person[] = []
	for (const name of names) {
		const device = await opened.device(name)
		const [admin] = people
		const grant = admin === undefined ? await setupGrant(opened) : await inviteFrom(admin)
		people.push(await signUp(device, grant))
	}
	const named = Object.fromEntries(people.map((person) => [person.name, person])) as Record<Name, Person>
	return { ...named, world: opened }
}

export async function setupGrant({ server }: World) {
	const token = await server.setupToken()
	if (token === null) throw new Error('this server is set up already')
	return { type: 'setup', token } as const
}
