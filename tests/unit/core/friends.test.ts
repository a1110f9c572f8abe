/** What becomes of a friend list that comes in parts, with failures and lies; which steps are believed: friend-proofs.test.ts. */
import { describe, expect, it } from 'vitest'
import { createAccounts } from '#core/accounts.ts'
import { createFriends } from '#core/friends.ts'
import { createPins } from '#core/pins.ts'
import { createRecords } from '#core/records.ts'
import { createServerTime } from '#core/server-time.ts'
import { createVaultKeeper } from '#core/vault-keeper.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { encodeFriendBody, requestHash, signedFriendStep, type FriendBody } from '#protocol/friendship.ts'
import { serverIdOf } from '#protocol/ids.ts'
import type { LinkFragmentOf } from '#protocol/link.ts'
import { fail, ok } from '#protocol/result.ts'
import { addDevice, corePeople, storyTime, type CoreActor } from '../../support/core-people.ts'
import { fakeHttp, forksOf, headCheck, memoryDevice, Refused, selfOf } from '../../support/core-client.ts'

interface ToldRow {
	account: string
	name: string
	state: string
	since: number
	request: string | null
	accept: string | null
	closing: string | null
	profile: null
}

async function setup(seed: string) {
	const people = await corePeople(`friends ${seed}`)
	const { crypto, serverKey } = people
	const [alice, bob, mallory] = [
		await people.person('alice'),
		await people.person('bob'),
		await people.person('mallory'),
	]
	const device = await memoryDevice(people)
	const server = {
		rows: [] as ToldRow[],
		reachable: true,
		logs: true,
		shows: [alice, bob, mallory],
		sent: [] as unknown[],
		upTo: undefined as number | undefined,
	}
	const http = fakeHttp({
		'accounts.log': ({ account, from }: { account: string; from: number }) => {
			const actor = server.shows.find(({ id }) => id === account)
			if (!server.logs) throw new Refused('rate-limited')
			if (actor === undefined) throw new Refused('not-found')
			return people.accountLog(actor, server.upTo === undefined ? { from } : { from, upTo: server.upTo })
		},
		'accounts.putVault': () => ({}),
		'friends.list': () => {
			if (!server.reachable) throw new Refused('offline')
			return { friends: server.rows, gone: [], whole: true, version: 1 }
		},
		'friends.request': (input: unknown) => {
			server.sent.push(input)
			return { state: 'outgoing' }
		},
		'friends.accept': (input: unknown) => void server.sent.push(input),
	})
	const start = async () => {
		const storage = await device.open()
		const records = createRecords(storage, device.wrap)
		const self = selfOf(people, alice)
		let pins = () => vault.plaintext().pins
		const forks = forksOf(people, records)
		const accounts = createAccounts({
			...{
				forks,
				records,
				storage,
				crypto,
				http,
				checkHead: headCheck(people),
				presence: () => null,
				failed: () => {},
			},
			pins: createPins(() => pins()),
		})
		await accounts.restore()
		const state = await alice.state()
		const vault = createVaultKeeper({
			fetch: async () => fail({ type: 'offline' }),
			...{
				records,
				crypto,
				http,
				self,
				opened: { vaultKey: alice.vaultKey, sealed: alice.vault, plaintext: alice.plaintext },
			},
			...{ state: () => state, newestState: async () => ok(state) },
		})
		const friends = createFriends({
			records,
			storage,
			crypto,
			http,
			self,
			time: createServerTime(() => storyTime),
			accounts,
			forks,
			vault,
		})
		await friends.restore()
		const told: number[] = []
		friends.onChange(() => void told.push(1))
		pins = () => vault.plaintext().pins
		return { friends, accounts, vault, told }
	}

	const step = async (
		from: CoreActor,
		to: CoreActor,
		answers?: FriendBody,
	): Promise<{ body: FriendBody; text: string }> => {
		const parties = {
			server: serverIdOf(crypto.hash, serverKey),
			from: from.idHash,
			to: to.idHash,
			device: from.device.deviceId,
			time: storyTime,
			random: crypto.random(16),
		}
		const body: FriendBody =
			answers?.type === 'request'
				? { type: 'accept', ...parties, request: requestHash(crypto.hash, answers) }
				: { type: 'request', ...parties }
		const signature = await from.device.signing.sign('friend', encodeFriendBody(body))
		return { body, text: bytesToBase64url(encode(signedFriendStep, { body, signature })) }
	}
	const row = (of: CoreActor, change: Partial<ToldRow>): ToldRow => ({
		account: of.id,
		name: of.name,
		state: 'accepted',
		since: 1,
		request: null,
		accept: null,
		closing: null,
		profile: null,
		...change,
	})
	/** Bob asked, Alice accepted. */
	const befriended = async (of: CoreActor) => {
		const asked = await step(of, alice)
		return row(of, { request: asked.text, accept: (await step(alice, of, asked.body)).text })
	}
	const link = async (
		of: CoreActor,
		change: Partial<LinkFragmentOf<'friend'>> = {},
	): Promise<LinkFragmentOf<'friend'>> => {
		const { head } = await of.state()
		return {
			type: 'friend',
			server: serverIdOf(crypto.hash, serverKey),
			idHash: of.idHash,
			head: { seq: head.seq, hash16: head.hash.slice(0, 16) },
			invite: null,
			...change,
		}
	}
	return { people, crypto, alice, bob, mallory, server, start, step, row, befriended, link, ...(await start()) }
}

describe('the list', () => {
	it('keeps who is a friend by signatures, pins him, and has him after a restart without a network', async () => {
		const { friends, server, befriended, bob, vault, start } = await setup('list')
		server.rows = [await befriended(bob)]
		await friends.refresh()
		expect(friends.stateOf(bob.id)).toBe('accepted')
		expect(vault.plaintext().pins.map(({ how, name }) => [how, name])).toEqual([['first-use', 'bob']])
		server.reachable = false
		const again = await start()
		expect(again.friends.stateOf(bob.id)).toBe('accepted')
		await again.friends.refresh()
		expect(again.friends.stateOf(bob.id)).toBe('accepted')
	})

	it('keeps a friend whose signatures cannot be checked just now, and adds nobody unchecked', async () => {
		const { server, befriended, bob, mallory, start, friends } = await setup('transient')
		server.rows = [await befriended(bob)]
		await friends.refresh()
		const again = await start()
		// After a restart the own log is there; Mallory's is not, and the server is too busy to give it.
		server.logs = false
		server.rows = [await befriended(bob), await befriended(mallory)]
		await again.friends.refresh()
		expect([again.friends.stateOf(bob.id), again.friends.stateOf(mallory.id)]).toEqual(['accepted', null])
		server.logs = true
		await again.friends.refresh()
		expect(again.friends.stateOf(mallory.id)).toBe('accepted')
	})

	it('drops who is no longer told, and what is a lie', async () => {
		const { server, befriended, bob, mallory, friends, row, step, alice } = await setup('lies')
		server.rows = [await befriended(bob), row(mallory, { request: (await step(mallory, alice)).text })]
		await friends.refresh()
		expect([friends.stateOf(bob.id), friends.stateOf(mallory.id)]).toEqual(['accepted', null])
		server.rows = []
		await friends.refresh()
		expect(friends.views()).toEqual([])
	})

	it('takes two answers in the order in which they were asked for', async () => {
		const { server, befriended, bob, friends } = await setup('order')
		const accepted = await befriended(bob)
		server.rows = [accepted]
		const first = friends.refresh()
		const second = friends.refresh().then(() => undefined)
		server.rows = []
		await Promise.all([first, second])
		await friends.refresh()
		expect(friends.stateOf(bob.id)).toBe(null)
	})
})

describe('a link', () => {
	it('pins as verified at once, and shows in the friend’s name', async () => {
		const { friends, bob, link, vault, server, befriended } = await setup('link')
		expect(await friends.request({ link: await link(bob) })).toMatchObject({ ok: true, value: { account: bob.id } })
		expect(vault.plaintext().pins.map(({ how }) => how)).toEqual(['link'])
		server.rows = [await befriended(bob)]
		await friends.refresh()
		expect(friends.views()[0]).toMatchObject({ verified: true, displayName: 'bob' })
	})

	it('of another server, of ourselves, or with a head that the log passes by, is refused', async () => {
		const { friends, bob, alice, link, crypto, vault } = await setup('link refused')
		expect(await friends.request({ link: await link(bob, { server: crypto.random(32) }) })).toMatchObject({
			error: { reason: 'other-server' },
		})
		expect(await friends.request({ link: await link(alice) })).toMatchObject({ error: { code: 'yourself' } })
		const bent = { seq: 0, hash16: crypto.random(16) }
		expect(await friends.request({ link: await link(bob, { head: bent }) })).toMatchObject({
			error: { reason: 'log-forked' },
		})
		expect(vault.plaintext().pins).toEqual([])
	})

	it('with a made-up later head does not shut out whom we know', async () => {
		const { friends, bob, link, crypto, vault, server, befriended, accounts, people } = await setup('link ahead')
		server.rows = [await befriended(bob)]
		await friends.refresh()
		const ahead = await link(bob, { head: { seq: 1_000, hash16: crypto.random(16) } })
		expect(await friends.request({ link: ahead })).toMatchObject({ error: { reason: 'log-forked' } })
		expect(vault.plaintext().pins[0]?.head.seq).toBe(0)
		await addDevice(people.crypto, bob)
		expect((await accounts.refresh(bob.id)).ok).toBe(true)
		// A real one, further than what we had, is looked up and taken.
		expect((await friends.request({ link: await link(bob) })).ok).toBe(true)
	})

	it('with a made-up head of a stranger is mended by a right one', async () => {
		const { friends, bob, link, crypto, vault, server, befriended, accounts, alice } = await setup('link stranger')
		server.shows = [alice]
		expect(
			(await friends.request({ link: await link(bob, { head: { seq: 1_000, hash16: crypto.random(16) } }) })).ok,
		).toBe(true)
		expect((await friends.request({ link: await link(bob) })).ok).toBe(true)
		expect(vault.plaintext().pins.map(({ how, head }) => [how, head.seq])).toEqual([['link', 0]])
		server.shows = [alice, bob]
		server.rows = [await befriended(bob)]
		await friends.refresh()
		expect([friends.stateOf(bob.id), (await accounts.load(bob.id)).ok]).toEqual(['accepted', true])
	})

	it('holds a server to the log that it named: a shorter one is not believed', async () => {
		const { friends, bob, link, server, befriended, people, alice } = await setup('link short')
		server.shows = [alice]
		await addDevice(people.crypto, bob)
		expect((await friends.request({ link: await link(bob) })).ok).toBe(true)
		server.shows = [alice, bob]
		server.upTo = 1
		server.rows = [await befriended(bob)]
		await friends.refresh()
		expect(friends.stateOf(bob.id)).toBe(null)
		server.upTo = 2
		await friends.refresh()
		expect(friends.stateOf(bob.id)).toBe('accepted')
	})
})

it('answers the request that was really made', async () => {
	const { friends, bob, alice, server, row, step, crypto } = await setup('accept')
	expect(await friends.accept(bob.id)).toMatchObject({ error: { code: 'no-request' } })
	const asked = await step(bob, alice)
	server.rows = [row(bob, { state: 'incoming', request: asked.text })]
	await friends.refresh()
	expect(await friends.accept(bob.id)).toEqual(ok(null))
	const { accept } = server.sent[0] as { accept: string }
	expect(
		Buffer.from(accept, 'base64url').includes(
			Buffer.from(requestHash(crypto.hash, asked.body as Extract<FriendBody, { type: 'request' }>) as Bytes),
		),
	).toBe(true)
})
