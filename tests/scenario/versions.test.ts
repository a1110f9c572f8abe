/** Every released version's data is opened by this one: the server's folder and the clients' stores. */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ConversationView } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import { testStretchings } from '../support/stretching.ts'
import type { VersionFixture } from '../fixtures/versions/make-version.ts'
import { startTestServer } from '../support/server.ts'
import { must, talksOf, until } from '../support/watching.ts'

const fixtures = join(import.meta.dirname, '../fixtures/versions')
const versions = (await readdir(fixtures, { withFileTypes: true }))
	.filter((entry) => entry.isDirectory())
	.map(({ name }) => name)

async function copyOf(version: string) {
	const folder = await mkdtemp(join(tmpdir(), 'kith-version-'))
	onTestFinished(() => rm(folder, { recursive: true, force: true }))
	await cp(join(fixtures, version), folder, { recursive: true })
	const fixture = JSON.parse(await readFile(join(folder, 'fixture.json'), 'utf8')) as VersionFixture
	return { folder, fixture }
}

async function clientOf(folder: string, name: string, serverUrl: string) {
	const api = await createNodeClient({
		stretchings: testStretchings,
		serverUrl,
		storage: { path: join(folder, `${name}.sqlite`) },
	})
	onTestFinished(() => api.close())
	const chats = await until(api, { view: 'chats', of: null, is: (all) => talksOf(all).some(isDirect) })
	const chat = chats.find(isDirect)
	if (chat === undefined) throw new Error('no conversation')
	return { api, conversation: chat.conversation, groups: chats.filter(({ kind }) => kind === 'group') }
}

const isDirect = ({ kind }: { readonly kind: string }) => kind === 'direct'

const textsOf = (view: ConversationView | null) =>
	view?.messages.map(({ content }) => (content.type === 'text' ? content.text : content.type)) ?? []

describe.each(versions)('what version %s left', (version) => {
	it('[L1] is read with no server at all, and what waited still waits', async () => {
		const { folder, fixture } = await copyOf(version)
		const { api, conversation } = await clientOf(folder, 'alice', 'http://127.0.0.1:9')
		const view = await until(api, { view: 'conversation', of: conversation, is: (value) => value !== null })
		expect(textsOf(view)).toEqual([...fixture.texts, fixture.waiting])
		expect(view?.messages.at(-1)?.mark).toBe('queued')
	})

	it('[C2] holds its group as it was, with what was changed, and whose key was renewed', async () => {
		const { folder, fixture } = await copyOf(version)
		const server = await startTestServer({ data: join(folder, 'server'), database: 'sqlite' })
		onTestFinished(() => server.stop())
		const [alice, bob] = [await clientOf(folder, 'alice', server.origin), await clientOf(folder, 'bob', server.origin)]
		expect(alice.groups.map(({ title }) => title)).toEqual(fixture.group === undefined ? [] : [fixture.group.title])
		if (fixture.group === undefined) return
		const conversation = alice.groups[0]?.conversation ?? ''
		const { texts, edited, reaction } = fixture.group
		must(await bob.api.post({ conversation, text: 'Still here' }))
		const here = [...texts, 'Still here']
		const view = await until(alice.api, {
			view: 'conversation',
			of: conversation,
			is: (value) => JSON.stringify(textsOf(value)) === JSON.stringify(here),
		})
		expect(view?.messages.map((one) => one.edited)).toEqual(here.map((_, i) => i === edited))
		expect(view?.messages[edited]?.reactions.map(({ emoji }) => emoji)).toEqual([reaction])
	})

	it('is served by this server, and goes on', async () => {
		const { folder, fixture } = await copyOf(version)
		const server = await startTestServer({ data: join(folder, 'server'), database: 'sqlite' })
		onTestFinished(() => server.stop())
		const alice = await clientOf(folder, 'alice', server.origin)
		const bob = await clientOf(folder, 'bob', server.origin)
		const expected = [...fixture.texts, fixture.waiting]
		await until(bob.api, {
			view: 'conversation',
			of: bob.conversation,
			is: (view) => view?.messages.length === expected.length,
		})
		must(await bob.api.post({ conversation: bob.conversation, text: 'And on it goes' }))
		for (const { api, conversation } of [alice, bob]) {
			const view = await until(api, {
				view: 'conversation',
				of: conversation,
				is: (value) => value?.messages.length === expected.length + 1,
			})
			expect(textsOf(view)).toEqual([...expected, 'And on it goes'])
		}
	})

	it('lets its people sign in on a new device', async () => {
		const { folder, fixture } = await copyOf(version)
		const server = await startTestServer({ data: join(folder, 'server'), database: 'sqlite' })
		onTestFinished(() => server.stop())
		const api = await createNodeClient({ stretchings: testStretchings, serverUrl: server.origin })
		onTestFinished(() => api.close())
		const [{ name, password }] = fixture.people as [VersionFixture['people'][number]]
		must(await api.signIn({ name, password }))
		const chats = await until(api, {
			view: 'chats',
			of: null,
			is: (all) => all.find(isDirect)?.last?.text === fixture.texts.at(-1),
		})
		expect(chats.find(isDirect)?.person.name).toBe('bob')
	})
})
