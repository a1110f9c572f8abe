/** Bots: programs with an account, keys and an owner of their own, as npm's users start them (docs/bots.md). */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { BotScope, ConversationId, KithApi } from '#core/api.ts'
import { createBot } from '#platform/node/bot.ts'
import { openControl } from '#server/ops/control/control-socket.ts'
import { botLimits } from '#server/domain/bots.ts'
import { groupUntil } from '../support/groups.ts'
import { anonymous, codeOf, signUp as signUpByHttp } from '../support/http-person.ts'
import { runKith } from '../support/kith-command.ts'
import { findLeaks } from '../support/leak-search.ts'
import { describeOnPostgres } from '../support/postgres.ts'
import { peopled, world } from '../support/story.ts'
import { testStretchings } from '../support/stretching.ts'
import { messagesUntil, must, refusal, textsUntil, until } from '../support/watching.ts'
import { accessTokenOf, befriend, friendUntil, writableUntil, type Person, type World } from '../support/world.ts'

async function folder(): Promise<string> {
	const path = await mkdtemp(join(tmpdir(), 'kith-bot-'))
	onTestFinished(() => rm(path, { recursive: true, force: true }))
	return join(path, 'bot.db')
}

async function started({ server }: World, path: string, token?: string): Promise<KithApi> {
	const wanted = token === undefined ? {} : { token }
	const at = `http://localhost:${server.port}`
	const api = await createBot({ serverUrl: at, path, stretchings: testStretchings, failed: () => undefined, ...wanted })
	onTestFinished(() => api.close())
	return api
}

async function accountOf(api: KithApi): Promise<string> {
	const session = await until(api, { view: 'session', of: null, is: ({ type }) => type === 'signed-in' })
	return session.type === 'signed-in' ? session.account : ''
}

/** Made by its owner, started, and a friend of him. */
async function botOf(owner: Person, here: World, name: string, scopes: readonly BotScope[] = ['read', 'write']) {
	const { token } = must(await owner.api.createBot({ name, scopes }))
	const path = await folder()
	const api = await started(here, path, token)
	const account = await accountOf(api)
	const someone = { api, account, name } as unknown as Person
	await friendUntil(owner, someone, 'incoming')
	must(await owner.api.acceptFriend({ account }))
	await friendUntil(owner, someone, 'accepted')
	return { api, account, name, token, path, someone }
}

async function groupWith(owner: Person, accounts: readonly string[]): Promise<ConversationId> {
	const members = accounts.map((account) => ({ account, role: 'member' as const }))
	const about = {
		kind: 'group',
		name: 'The group',
		topic: '',
		history: 'shared',
		invite: 'admins',
		knock: 'no',
	} as const
	const { conversation } = must(await owner.api.createGroup({ ...about, members }))
	await writableUntil(owner, conversation)
	return conversation
}

function life(database: 'sqlite' | 'postgres'): void {
	test('[S2] it comes with its token, is added like a member, reads and answers, marked as a bot for everybody, and blind for the server', async () => {
		const story = await peopled(await world({ database }), ['alice', 'bob'])
		const { alice, bob, world: here } = story
		await befriend(alice, bob)
		const bot = await botOf(alice, here, 'parrot')
		const group = await groupWith(alice, [bob.account, bot.account])
		await until(bot.api, { view: 'conversation', of: group, is: (view) => view?.writable.type === 'yes' })
		must(await bob.api.post({ conversation: group, text: 'Say the secret of Bob' }))
		await textsUntil(bot.api, group, ['Say the secret of Bob'])
		must(await bot.api.post({ conversation: group, text: 'Here is the secret of a parrot' }))
		const all = ['Say the secret of Bob', 'Here is the secret of a parrot']
		for (const one of [alice, bob]) await textsUntil(one.api, group, all)
		const { members } = await groupUntil(bob, group, (view) => view.members.some((member) => member.bot === true))
		expect(members.filter((member) => member.bot === true).map(({ name }) => name)).toEqual(['parrot'])
		const friends = await until(alice.api, {
			view: 'friends',
			of: null,
			is: (list) => list.some((one) => one.bot === true),
		})
		expect(friends.filter((one) => one.bot === true).map(({ name }) => name)).toEqual(['parrot'])
		expect((await stat(`${bot.path}.password`)).mode & 0o777).toBe(0o600)

		const secrets = all.map((value, i) => ({ name: `text ${i}`, value }))
		expect(findLeaks([...secrets, { name: 'the token', value: bot.token }], await here.server.kept())).toEqual([])
		expect(JSON.stringify(here.server.lines)).not.toContain(bot.token)

		// It goes on from its files, without the token.
		await bot.api.close()
		const again = await started(here, bot.path)
		expect(await accountOf(again)).toBe(bot.account)
		must(await again.post({ conversation: group, text: 'Back' }))
		await textsUntil(bob.api, group, [...all, 'Back'])
		expect(must(await alice.api.bots())).toMatchObject([
			{ name: 'parrot', account: bot.account, scopes: ['read', 'write'] },
		])
	})

	test('[S2][A4] it ends at once when its owner ends it, and is out while its owner is', async () => {
		const { alice, bob, world: here } = await peopled(await world({ database }), ['alice', 'bob'])
		const [mine, ended] = [await botOf(bob, here, 'one'), await botOf(bob, here, 'two')]
		const out = (api: KithApi) => until(api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
		const two = must(await bob.api.bots()).find(({ name }) => name === 'two')
		must(await bob.api.endBot({ id: two?.id ?? '' }))
		expect(await out(ended.api)).toMatchObject({ why: 'disabled' })
		await ended.api.close()
		await expect(started(here, ended.path)).rejects.toThrow('disabled')
		expect(must(await bob.api.bots()).map(({ name }) => name)).toEqual(['one'])

		must(await alice.api.setUserDisabled({ account: bob.account, disabled: true }))
		await out(mine.api)
		await mine.api.close()
		await expect(started(here, mine.path)).rejects.toThrow('disabled')
		must(await alice.api.setUserDisabled({ account: bob.account, disabled: false }))
		expect(await accountOf(await started(here, mine.path))).toBe(mine.account)
	})
}

test('[S2][S3] the operator lists bots, closes one at once, and opens it again', async () => {
	const { bob, world: here } = await peopled(await world(), ['alice', 'bob'])
	const { data, env, domain, origin } = here.server
	const control = await openControl(data, { domain, origin })
	onTestFinished(() => control.close())
	const parrot = await botOf(bob, here, 'parrot')
	must(await bob.api.createBot({ name: 'waiting', scopes: ['read'] }))
	const kith = (...args: readonly string[]) => runKith(['bot', ...args], { data, env })
	const states = async () => {
		const { bots } = (await kith('list', '--json')).document() as {
			bots: { name: string; owner: string; state: string }[]
		}
		return bots.map(({ name, owner, state }) => `${name} of ${owner}: ${state}`)
	}
	expect(await states()).toEqual(['parrot of bob: open', 'waiting of bob: awaited'])

	expect(await kith('disable', 'parrot')).toMatchObject({ code: 0 })
	await until(parrot.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
	await parrot.api.close()
	await expect(started(here, parrot.path)).rejects.toThrow('disabled')
	expect(await states()).toEqual(['parrot of bob: closed', 'waiting of bob: awaited'])
	expect((await kith('list')).out).toMatch(/parrot +bob +read write +closed/)

	expect(await kith('enable', 'parrot')).toMatchObject({ code: 0 })
	expect(await accountOf(await started(here, parrot.path))).toBe(parrot.account)
	for (const name of ['bob', 'waiting', 'nobody']) {
		const refused = await kith('disable', name)
		expect([refused.code, refused.err]).toEqual([1, expect.stringContaining(`no bot called "${name}"`) as string])
	}
	expect(must(await bob.api.bots()).length).toBe(2)
})

describe('on SQLite', () => life('sqlite'))
describeOnPostgres('on PostgreSQL', () => life('postgres'))

describe('attacks', () => {
	const refused = (answer: Promise<unknown>) => expect(answer).rejects

	test('[S2] a token is good once, for its bot, while its owner wants it; nobody else ends it or guesses on', async () => {
		const { alice, bob, world: here } = await peopled(await world(), ['alice', 'bob'])
		const http = anonymous(here.server)
		const bot = await botOf(alice, here, 'parrot')
		await refused(started(here, await folder(), bot.token)).toThrow('bad-invite')
		const { token } = must(await alice.api.createBot({ name: 'other', scopes: ['read'] }))
		await refused(signUpByHttp(here.server, 'alices', { type: 'bot', token })).toThrow('bad-name')
		const [{ id } = { id: '' }] = must(await alice.api.bots())
		expect(refusal(await bob.api.endBot({ id }))).toMatchObject({ code: 'not-found' })
		must(await alice.api.endBot({ id }))
		await refused(started(here, await folder(), token)).toThrow('bad-invite')
		const look = () => codeOf(http.call((api) => api.bots.look({ token: 'kith-bot-guess' })))
		const codes = await Promise.all(Array.from({ length: 30 }, look))
		expect(codes).toContain('rate-limited')
		expect(new Set(codes)).toEqual(new Set(['bad-invite', 'rate-limited']))
	})

	test('[S2] a token of somebody whose account is closed makes nobody', async () => {
		const { alice, bob, world: here } = await peopled(await world(), ['alice', 'bob'])
		const { token } = must(await bob.api.createBot({ name: 'parrot', scopes: ['read'] }))
		must(await alice.api.setUserDisabled({ account: bob.account, disabled: true }))
		await refused(started(here, await folder(), token)).toThrow('bad-invite')
	})

	test('[S2] nothing is done beyond its scopes: over HTTP, over the socket, by friendship or by an administrator', async () => {
		const { alice, bob, world: here } = await peopled(await world(), ['alice', 'bob'])
		await befriend(alice, bob)
		const reader = await botOf(alice, here, 'reader', ['read'])
		const group = await groupWith(alice, [bob.account, reader.account])
		must(await alice.api.post({ conversation: group, text: 'For readers' }))
		await textsUntil(reader.api, group, ['For readers'])
		must(await reader.api.post({ conversation: group, text: 'Not from a reader' }))
		await messagesUntil(reader.api, group, (all) => all.at(-1)?.problem === 'item-no-right')
		must(await bob.api.post({ conversation: group, text: 'And on' }))
		await textsUntil(alice.api, group, ['For readers', 'And on'])

		expect(refusal(await reader.api.createInvite({ uses: 1, days: 1 }))).toMatchObject({ code: 'forbidden' })
		expect(refusal(await reader.api.createBot({ name: 'child', scopes: ['read'] }))).toMatchObject({
			code: 'forbidden',
		})
		expect(refusal(await reader.api.serverFigures())).toMatchObject({ code: 'forbidden' })
		expect(refusal(await reader.api.setEmail({ address: 'bot@example.org' }))).toMatchObject({ code: 'forbidden' })
		const about = { kind: 'group', name: 'Mine', topic: '', history: 'shared', invite: 'admins', knock: 'no' } as const
		expect(refusal(await reader.api.createGroup({ ...about, members: [] }))).toMatchObject({ code: 'forbidden' })

		expect(refusal(await reader.api.requestFriend({ name: 'bob' }))).toMatchObject({ code: 'unknown-person' })
		expect(refusal(await bob.api.requestFriend({ name: 'reader' }))).toMatchObject({ code: 'unknown-person' })
		expect(refusal(await alice.api.setUserRole({ account: reader.account, role: 'admin' }))).toMatchObject({
			code: 'forbidden',
		})
	})

	test('[S2] so many bots for one owner, each of a name that is free, and with the right to read at least', async () => {
		const { alice, world: here } = await peopled(await world(), ['alice'])
		const make = (name: string, scopes: readonly BotScope[] = ['read']) => alice.api.createBot({ name, scopes })
		expect(refusal(await make('alice'))).toMatchObject({ code: 'name-taken' })
		expect(refusal(await make('x y'))).toMatchObject({ code: 'bad-name' })
		expect(refusal(await make('writer', ['write']))).toMatchObject({ code: 'malformed' })
		for (let i = 0; i < botLimits.perOwner; i++) must(await make(`bot${i}`))
		expect(refusal(await make('bot0x'))).toMatchObject({ code: 'bots-full' })
		expect(refusal(await make('bot0'))).toMatchObject({ code: 'bots-full' })
		expect(await accessTokenOf(alice)).not.toBe('')
		expect(here.server.lines.filter(({ level }) => level === 'error')).toEqual([])
	})
})
