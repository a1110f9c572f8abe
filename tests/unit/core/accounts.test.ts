import { describe, expect, it } from 'vitest'
import { createAccounts } from '#core/accounts.ts'
import { createPins, type Pin } from '#core/pins.ts'
import { createRecords } from '#core/records.ts'
import { signProfile } from '#core/sign-profile.ts'
import { generateSigningKey } from '#crypto/signing-key.ts'
import { verifyAccountLog } from '#protocol/account-state.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { hlcOf } from '#protocol/hlc.ts'
import {
	addDevice,
	corePeople,
	revokeDevice,
	storyTime,
	type AccountLogAnswer,
	type CoreActor,
} from '../../support/core-people.ts'
import { fakeHttp, forksOf, headCheck, memoryDevice, Refused } from '../../support/core-client.ts'
import { ACCOUNTS_ASKED_MAX } from '#protocol/limits.ts'

type Lie = (answer: AccountLogAnswer) => AccountLogAnswer | Promise<AccountLogAnswer>

async function setup(seed: string) {
	const people = await corePeople(`accounts ${seed}`)
	const bob = await people.person('bob')
	const device = await memoryDevice(people)
	const server: { lie: Lie; upTo: number | undefined; reachable: boolean } = {
		lie: (answer) => answer,
		upTo: undefined,
		reachable: true,
	}
	const pins: Pin[] = []
	const troubles: unknown[] = []
	const start = async () => {
		const storage = await device.open()
		const http = fakeHttp({
			'accounts.log': async ({ account, from }: { account: string; from: number }) => {
				if (!server.reachable || account !== bob.id) throw new Refused(server.reachable ? 'not-found' : 'offline')
				const range = server.upTo === undefined ? { from } : { from, upTo: server.upTo }
				return server.lie(await people.accountLog(bob, range))
			},
		})
		const records = createRecords(storage, device.wrap)
		const forks = forksOf(people, records)
		await forks.restore()
		const accounts = createAccounts({
			...{ storage, http, crypto: people.crypto, records, forks },
			checkHead: headCheck(people),
			pins: createPins(() => pins),
			presence: () => null,
			failed: (_, error) => void troubles.push(error),
		})
		await accounts.restore()
		return { accounts, forks, http, storage }
	}
	return { people, bob, server, pins, start, troubles, ...(await start()) }
}

const notVerified = { ok: false, error: { type: 'not-verified', what: 'account-log' } }

async function profileText(by: CoreActor, name: string, hlc: bigint, of = by): Promise<string> {
	return bytesToBase64url(await signProfile(by.device, { idHash: of.idHash, name, hlc }))
}

describe('a log', () => {
	it('under a signed head is believed, kept, and there after a restart without a network', async () => {
		const { accounts, bob, server, start } = await setup('good')
		expect(await accounts.load(bob.id)).toMatchObject({ ok: true, value: { head: { seq: 0 } } })
		server.reachable = false
		const again = await start()
		expect(again.accounts.known(bob.id)?.devices.size).toBe(1)
		expect(await again.accounts.load(bob.id)).toMatchObject({ ok: true })
		expect(await again.accounts.refresh(bob.id)).toEqual({ ok: false, error: { type: 'offline' } })
		expect(again.http.calls.length).toBe(1)
	})

	it('of many is asked for at once, and believed for itself: a lie about one costs the others nothing', async () => {
		const people = await corePeople('accounts many')
		const many = await Promise.all(Array.from({ length: ACCOUNTS_ASKED_MAX + 20 }, (_, i) => people.person(`p${i}`)))
		const device = await memoryDevice(people)
		const [liar, hidden, ...honest] = many as [CoreActor, CoreActor, ...CoreActor[]]
		const byId = new Map(many.map((one) => [one.id, one]))
		const asked: number[] = []
		const http = fakeHttp({
			'accounts.log': () => {
				throw new Refused('not-found')
			},
			'accounts.logs': async ({ accounts }: { accounts: readonly string[] }) => {
				asked.push(accounts.length)
				const told = accounts.filter((account) => account !== hidden.id)
				const answers = told.map(async (account) => ({
					account,
					...(await people.accountLog(byId.get(account === liar.id ? hidden.id : account) as CoreActor, {})),
				}))
				// Nobody asked for him here.
				return {
					accounts: [...(await Promise.all(answers)), { account: 'stranger', ...(await people.accountLog(liar, {})) }],
				}
			},
		})
		const open = async () => {
			const storage = await device.open()
			const records = createRecords(storage, device.wrap)
			const accounts = createAccounts({
				...{ storage, http, crypto: people.crypto, records, forks: forksOf(people, records) },
				...{ checkHead: headCheck(people), pins: createPins(() => []), presence: () => null, failed: () => {} },
			})
			await accounts.restore()
			return accounts
		}
		const accounts = await open()
		const told = new Set<string>()
		accounts.onChange((account) => void told.add(account))
		await accounts.loadAll(many.map(({ id }) => id))
		expect(asked).toEqual([ACCOUNTS_ASKED_MAX, 20])
		expect(told).toEqual(new Set(honest.map(({ id }) => id)))
		for (const each of [accounts, await open()]) {
			expect(honest.every(({ id }) => each.known(id) !== null)).toBe(true)
			expect([liar, hidden].map(({ id }) => each.known(id))).toEqual([null, null])
		}
		await accounts.loadAll(honest.map(({ id }) => id))
		expect(asked).toHaveLength(2)
	})

	it('grows by what is new, and tells so once', async () => {
		const { accounts, bob, people, http, storage } = await setup('grows')
		const told: string[] = []
		accounts.onChange((account) => void told.push(account))
		await accounts.load(bob.id)
		await accounts.refresh(bob.id)
		await addDevice(people.crypto, bob)
		accounts.pushed({ account: bob.id, from: 1, entries: [], head: '' })
		await accounts.refresh(bob.id)
		expect(accounts.known(bob.id)?.devices.size).toBe(2)
		expect(told).toEqual([bob.id, bob.id])
		expect(http.calls.map(({ input }) => (input as { from: number }).from)).toEqual([0, 1, 1, 2])
		expect(await storage.transaction('read', ['accountLogs'], (tx) => tx.count('accountLogs'))).toBe(2)
	})

	it('is asked for once, by however many', async () => {
		const { accounts, bob, http } = await setup('once')
		await Promise.all([accounts.load(bob.id), accounts.load(bob.id), accounts.boxKey(bob.id)])
		expect(http.calls.length).toBeLessThanOrEqual(3)
		expect(accounts.known(bob.id)?.head.seq).toBe(0)
	})

	const lies: Record<string, (world: Awaited<ReturnType<typeof setup>>) => Lie | Promise<Lie>> = {
		'under a head that another key signed': async ({ people, bob }) => {
			const other = await generateSigningKey(people.crypto)
			return async (answer) => ({
				...answer,
				log: { ...answer.log, head: await people.head(bob.idHash, (await bob.state()).head, other) },
			})
		},
		'under a head of another account':
			({ people, bob }) =>
			async (answer) => ({
				...answer,
				log: {
					...answer.log,
					head: await people.head((await people.person('mallory')).idHash, (await bob.state()).head),
				},
			}),
		'under a head with another hash':
			({ people, bob }) =>
			async (answer) => ({
				...answer,
				log: { ...answer.log, head: await people.head(bob.idHash, { seq: 0, hash: people.crypto.random(32) }) },
			}),
		'under a head that does not reach its last entry':
			({ people, bob }) =>
			async (answer) => {
				await addDevice(people.crypto, bob)
				const { head } = answer.log
				return { ...answer, log: { ...(await people.accountLog(bob)).log, head } }
			},
		'under a head beyond what is given':
			({ people, bob }) =>
			async (answer) => {
				await addDevice(people.crypto, bob)
				return { ...answer, log: { ...answer.log, head: await people.head(bob.idHash, (await bob.state()).head) } }
			},
		'without a head': () => (answer) => ({ ...answer, log: { ...answer.log, head: '' } }),
		'of another account':
			({ people }) =>
			async () =>
				people.accountLog(await people.person('mallory')),
		'with a hole': () => (answer) => ({ ...answer, log: { ...answer.log, from: 1 } }),
		'with an entry that is none': () => (answer) => ({ ...answer, log: { ...answer.log, entries: ['AAAA'] } }),
		'without entries': () => (answer) => ({ ...answer, log: { ...answer.log, entries: [] } }),
	}
	for (const [name, lie] of Object.entries(lies)) {
		it(`${name} is not believed, and nothing of it is kept`, async () => {
			const world = await setup(name)
			world.server.lie = await lie(world)
			expect(await world.accounts.load(world.bob.id)).toEqual(notVerified)
			expect([
				world.accounts.known(world.bob.id),
				await world.storage.transaction('read', ['accountLogs', 'accounts'], (tx) => tx.count('accountLogs')),
			]).toEqual([null, 0])
			world.server.lie = (answer) => answer
			expect(await world.accounts.load(world.bob.id)).toMatchObject({ ok: true })
		})
	}

	it('that is shorter than what we know takes nothing back', async () => {
		const { accounts, bob, people, server } = await setup('shorter')
		const phone = await addDevice(people.crypto, bob)
		await accounts.load(bob.id)
		await revokeDevice(people.crypto, bob, phone)
		await accounts.refresh(bob.id)
		server.upTo = 2
		expect(await accounts.refresh(bob.id)).toMatchObject({ ok: true, value: { head: { seq: 2 } } })
		expect([...(accounts.known(bob.id)?.devices.values() ?? [])].filter(({ ended }) => ended !== null)).toHaveLength(1)
	})

	it('that is shorter than the pinned head, or passes it by, is not believed', async () => {
		const { accounts, bob, people, server, pins } = await setup('pinned')
		await addDevice(people.crypto, bob)
		const { head } = await bob.state()
		pins.push({
			idHash: bob.idHash,
			hlc: 1n,
			how: 'link',
			name: '',
			head: { seq: head.seq, hash16: head.hash.slice(0, 16) },
		})
		server.upTo = 1
		expect(await accounts.load(bob.id)).toEqual(notVerified)
		server.upTo = 2
		expect(await accounts.load(bob.id)).toMatchObject({ ok: true })
		const other = await setup('pinned elsewhere')
		other.pins.push({
			idHash: other.bob.idHash,
			hlc: 1n,
			how: 'link',
			name: '',
			head: { seq: 0, hash16: new Uint8Array(16) as Bytes },
		})
		expect(await other.accounts.load(other.bob.id)).toEqual(notVerified)
	})
})

describe('what we signed in with', () => {
	it('is taken where it is what this device knows, or more', async () => {
		const { accounts, bob, people } = await setup('adopt')
		await accounts.load(bob.id)
		await addDevice(people.crypto, bob)
		expect(await accounts.adopt(await bob.state(), bob.entries, { name: 'bob', ak: null, profile: null })).toBe(true)
		expect(accounts.known(bob.id)?.head.seq).toBe(1)
		expect(await accounts.boxKey(bob.id)).toMatchObject({ ok: true })
	})

	it('is refused where it is less, or another one: a server cannot take back a revocation', async () => {
		const { accounts, bob, people } = await setup('adopt less')
		const short = await bob.state()
		await addDevice(people.crypto, bob)
		await accounts.load(bob.id)
		expect(await accounts.adopt(short, bob.entries.slice(0, 1), { name: 'bob', ak: null, profile: null })).toBe(false)
		// Another branch, as long as ours: signed by a method of the account, and not the one that we know.
		const branch = { ...bob, entries: bob.entries.slice(0, 1), state: async () => short }
		await addDevice(people.crypto, branch)
		const { entries } = branch
		const verified = await verifyAccountLog({ entries, hash: people.crypto.hash, verify: people.crypto.verify })
		if (!verified.ok) throw new Error('the branch is a log')
		expect(await accounts.adopt(verified.value, entries, { name: 'bob', ak: null, profile: null })).toBe(false)
		expect(accounts.known(bob.id)?.head).toEqual((await bob.state()).head)
	})
})

describe('the key to seal boxes to', () => {
	it('is the one whose hash stands in the log', async () => {
		const { accounts, bob, server, people } = await setup('ak')
		server.lie = (answer) => ({ ...answer, ak: { g: 0, key: bytesToBase64url(people.crypto.random(1216)) } })
		expect(await accounts.boxKey(bob.id)).toEqual(notVerified)
		server.lie = (answer) => answer
		expect(await accounts.boxKey(bob.id)).toEqual({ ok: true, value: { g: 0, key: bob.kemKeys[0] } })
	})

	it('is not an old one, once the account has drawn another', async () => {
		const { accounts, bob, people } = await setup('ak old')
		await accounts.boxKey(bob.id)
		await revokeDevice(people.crypto, bob, await addDevice(people.crypto, bob))
		await accounts.refresh(bob.id)
		expect(await accounts.boxKey(bob.id)).toEqual(notVerified)
	})
})

describe('a name', () => {
	it('comes signed; the newest stays, and a forged one is not taken', async () => {
		const { accounts, bob, people, server } = await setup('profile')
		const mallory = await people.person('mallory')
		const told = (profile: string | null) => {
			server.lie = (answer) => ({ ...answer, profile })
			return accounts.refresh(bob.id).then(() => accounts.person(bob.id).displayName)
		}
		expect(await told(await profileText(mallory, 'forged', hlcOf(storyTime + 9), bob))).toBe('bob')
		expect(await told(await profileText(mallory, 'his own', hlcOf(storyTime + 9)))).toBe('bob')
		expect(await told(await profileText(bob, 'Robert', hlcOf(storyTime + 5)))).toBe('Robert')
		expect(await told(await profileText(bob, 'Bobby, once', hlcOf(storyTime + 1)))).toBe('Robert')
		expect(await told('AAAA')).toBe('Robert')
		expect(await told(null)).toBe('Robert')
		await accounts.takeProfile(bob.id, await profileText(mallory, 'forged', hlcOf(storyTime + 9), bob))
		await accounts.takeProfile(bob.id, await profileText(bob, 'older', hlcOf(storyTime + 2)))
		expect(accounts.person(bob.id).displayName).toBe('Robert')
		await accounts.takeProfile(bob.id, await profileText(bob, 'Rob', hlcOf(storyTime + 6)))
		expect(accounts.person(bob.id)).toMatchObject({ displayName: 'Rob', name: 'bob', verified: false })
	})

	it('by a device that was revoked is not taken', async () => {
		const { accounts, bob, people, server } = await setup('profile revoked')
		const phone = await addDevice(people.crypto, bob)
		await revokeDevice(people.crypto, bob, phone)
		const profile = await profileText({ ...bob, device: phone }, 'thief', hlcOf(storyTime + 9))
		server.lie = (answer) => ({ ...answer, profile })
		await accounts.load(bob.id)
		expect(accounts.person(bob.id).displayName).toBe('bob')
	})

	it('is the pinned one before the server’s word, and verified where it came by link', async () => {
		const { accounts, bob, pins, server } = await setup('profile pin')
		server.lie = (answer) => ({ ...answer, name: 'somebody else' })
		await accounts.load(bob.id)
		expect(accounts.person(bob.id).displayName).toBe('somebody else')
		pins.push({
			idHash: bob.idHash,
			hlc: 1n,
			how: 'link',
			name: 'Bob from work',
			head: { seq: 0, hash16: new Uint8Array(16) as Bytes },
		})
		expect(accounts.person(bob.id)).toMatchObject({ displayName: 'Bob from work', verified: true })
		expect(accounts.person('no such account').displayName).toBe('no such ')
	})
})
