/**
 * Bob, whose server lies to him; Alice, his friend, to whom it does not; and Carol, a friend of Bob's whose keys the test
 * holds. After every lie the line tells the truth again: then both have exactly what was written, each once, in order.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { ConversationId, KithApi, MessageView } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import { testStretchings } from '../stretching.ts'
import { messagesUntil, must, now, textOf, textsUntil } from '../watching.ts'
import { befriend, inviteFrom, openDirect, openWorld, signUp, type Device, type Someone, type World } from '../world.ts'
import { setupGrant } from '../story.ts'
import { hastyTimers } from './hasty-timers.ts'
import { talkTo } from './hostile-world.ts'
import { LyingLine, type Lies } from './lying-line.ts'
import { Mallory, type Talk } from './mallory.ts'

export interface LiedTo {
	readonly world: World
	readonly alice: Someone
	readonly bob: Someone
	readonly carol: Mallory
	/** Bob's with Carol. */
	readonly talk: Talk
	/** Bob's with Alice. */
	readonly conversation: ConversationId
	readonly line: LyingLine
	/** Another client with an empty store, on a line of its own. */
	newDevice(lies: Lies): Promise<{ readonly api: KithApi; readonly line: LyingLine }>
	/** Bob's client is closed, and another opens the same store on the same line. */
	reopened(): Promise<KithApi>
	/** What Alice writes; she sees it sent. */
	aliceWrites(text: string): Promise<void>
	/** Bob's; he is not waited for. */
	bobWrites(text: string): Promise<void>
	/** Bob's list now. */
	bobReads(): Promise<readonly MessageView[]>
	/** No more lies; what Alice says after them has come through the same page, so he has looked at all of them. */
	lookedAt(and?: 'lies on'): Promise<void>
	/** The lies end: he and Alice have all that was written, and nothing else was ever shown. */
	afterwards(): Promise<void>
	close(): Promise<void>
}

export async function liedTo(): Promise<LiedTo> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-lied-'))
	const world = await openWorld()
	const alice = await signUp(await world.device('alice'), await setupGrant(world))
	const line = new LyingLine()
	const timers = hastyTimers()
	const opened: KithApi[] = []
	const client = async (path: string, by: LyingLine): Promise<KithApi> => {
		const api = await createNodeClient({
			serverUrl: `http://127.0.0.1:${world.server.port}`,
			...{ storage: { path: join(folder, path) }, stretchings: testStretchings, timers },
			...{ openSocket: by.openSocket, fetch: by.fetch, failed: () => {} },
		})
		opened.push(api)
		return api
	}
	const device = { name: 'bob', api: await client('bob.sqlite', line) } as unknown as Device
	const bob = await signUp(device, await inviteFrom(alice))
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const carol = await Mallory.signUp(world.server, 'carol', await inviteFrom(alice))
	const talk = await talkTo(bob, carol)

	const written: string[] = []
	const shown = new Set<string>()
	const stop = bob.api.watch('conversation', conversation, (view) => {
		for (const message of view?.messages ?? []) shown.add(textOf(message))
	})
	const write = async (by: Someone, text: string) => {
		written.push(text)
		must(await by.api.post({ conversation, text }))
	}
	const sorted = (texts: readonly string[]) => [...texts].sort()
	const hasAll = (messages: readonly MessageView[]) =>
		JSON.stringify(sorted(messages.map(textOf))) === JSON.stringify(sorted(written)) &&
		messages.every(({ mark }) => mark !== 'queued')

	const story: LiedTo = {
		...{ world, alice, bob, carol, talk, conversation, line },
		newDevice: async (lies) => {
			const own = new LyingLine()
			own.lie(lies)
			return { api: await client(`bob-${opened.length}.sqlite`, own), line: own }
		},
		reopened: async () => {
			await bob.api.close()
			return client('bob.sqlite', line)
		},
		aliceWrites: async (text) => {
			await write(alice, text)
			await messagesUntil(alice.api, conversation, (all) =>
				all.some((one) => textOf(one) === text && one.mark !== 'queued'),
			)
		},
		bobWrites: (text) => write(bob, text),
		bobReads: async () => (await now(bob.api, 'conversation', conversation))?.messages ?? [],
		lookedAt: async (and) => {
			if (and !== 'lies on') line.lie({})
			const text = `Alice says ${written.length}`
			await write(alice, text)
			await messagesUntil(bob.api, conversation, (all) => all.some((one) => textOf(one) === text))
		},
		afterwards: async () => {
			line.truth()
			timers.hurry()
			await write(bob, `Bob's word ${written.length}`)
			await write(alice, `Alice's word ${written.length}`)
			for (const { api } of [alice, bob]) must(await api.loadEarlier({ conversation, count: written.length }))
			const hers = (await messagesUntil(alice.api, conversation, hasAll)).map(textOf)
			await textsUntil(bob.api, conversation, hers)
			const false_ = [...shown].filter((text) => !written.includes(text) && text !== '<unreadable>')
			expect(false_).toEqual([])
		},
		close: async () => {
			stop()
			for (const api of opened) await api.close()
			await world.close()
			await rm(folder, { recursive: true, force: true })
		},
	}
	return story
}

/** One byte is another. */
export function changed(item: PageItem, at: (content: PageItem['content']) => number): PageItem {
	const content = item.content.slice()
	content[at(content)]! ^= 1
	return { ...item, content }
}
