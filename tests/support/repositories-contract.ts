/** What every implementation of the domain's repositories promises; events and markers have a suite of their own. */
import { RECV_SEQ_RESTORE_STEP } from '#protocol/limits.ts'
import { beforeEach, afterEach, describe, expect, it } from 'vitest'
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { BlobRow } from '#server/domain/blob-ports.ts'
import type { AccountRow, FriendshipRow, Repositories, UnitOfWork } from '#server/domain/ports.ts'
import { bytesOf } from './log-actors.ts'

export interface RepositoriesUnderTest {
	readonly repositories: Repositories
	readonly unitOfWork: UnitOfWork
	close(): Promise<void> | void
}

const alice = bytesOf('alice', 32)
const bob = bytesOf('bob', 32)
const carol = bytesOf('carol', 32)
const phone = bytesOf('phone', 16)
const laptop = bytesOf('laptop', 16)
const room = bytesOf('room', 16)

function person(account = alice, name = 'alice'): AccountRow {
	return { account, name, role: 'user', createdAt: 1, disabledAt: null, owner: null }
}

export function repositoriesContract(name: string, open: () => Promise<RepositoriesUnderTest>): void {
	describe(`repositories: ${name}`, () => {
		let data: RepositoriesUnderTest
		const write = <T>(run: (repositories: Repositories) => Promise<T>): Promise<T> => data.unitOfWork.transaction(run)

		beforeEach(async () => {
			data = await open()
			await write(async ({ accounts, conversations }) => {
				for (const row of [person(), person(bob, 'bob'), person(carol, 'carol')]) await accounts.insert(row)
				await conversations.insert({ conversation: room, kind: 'dm', createdAt: 1 })
			})
		})
		afterEach(() => data.close())

		describe('transactions', () => {
			it('are seen by readers once they are committed, and not before', async () => {
				await write(async (inside) => {
					await inside.accounts.insert(person(bytesOf('dan', 32), 'dan'))
					expect(await inside.accounts.byName('dan')).not.toBeNull()
					expect(await data.repositories.accounts.byName('dan')).toBeNull()
				})
				expect(await data.repositories.accounts.byName('dan')).not.toBeNull()
			})

			it('leave nothing behind when they throw, and the next one runs', async () => {
				const failing = data.unitOfWork.transaction(async ({ accounts }, afterCommit) => {
					afterCommit(() => expect.unreachable('nothing was committed'))
					await accounts.insert(person(bytesOf('dan', 32), 'dan'))
					throw new Error('on purpose')
				})
				await expect(failing).rejects.toThrow('on purpose')
				expect(await data.repositories.accounts.byName('dan')).toBeNull()
				expect(await write(({ accounts }) => accounts.insert(person(bytesOf('dan', 32), 'dan')))).toBe(true)
			})

			it('run one after the other, and what is told after a commit is told before the next begins', async () => {
				const order: string[] = []
				const run = (label: string) =>
					data.unitOfWork.transaction(async ({ accounts }, afterCommit) => {
						order.push(`${label} begins`)
						afterCommit(() => order.push(`${label} told`))
						await accounts.byId(alice)
						await Promise.resolve()
						order.push(`${label} ends`)
					})
				await Promise.all([run('first'), run('second')])
				const one = (label: string) => [`${label} begins`, `${label} ends`, `${label} told`]
				expect(order).toEqual([...one('first'), ...one('second')])
			})

			it('leaves nothing of what was deleted in the files, once it is scrubbed', async () => {
				expect(await data.unitOfWork.scrub()).toBe(true)
			})

			it('can be tried', async () => {
				await expect(data.unitOfWork.checkWritable()).resolves.toBeUndefined()
			})
		})

		describe('accounts', () => {
			it('have one name each', async () => {
				expect(await data.repositories.accounts.byName('alice')).toEqual(person())
				expect(await data.repositories.accounts.byId(alice)).toEqual(person())
				expect(await write(({ accounts }) => accounts.insert(person(bytesOf('other', 32))))).toBe(false)
				expect(await write(({ accounts }) => accounts.insert(person(alice, 'alice2')))).toBe(false)
				expect(await data.repositories.accounts.byId(bytesOf('other', 32))).toBeNull()
			})

			it('know whether there is an administrator', async () => {
				expect(await data.repositories.accounts.hasAdmin()).toBe(false)
				await write(({ accounts }) => accounts.insert({ ...person(bytesOf('root', 32), 'root'), role: 'admin' }))
				expect(await data.repositories.accounts.hasAdmin()).toBe(true)
			})

			it('are listed by name beyond another, by a part of it, and counted', async () => {
				const names = async (search: string, after = '', limit = 9) =>
					(await data.repositories.accounts.page({ search, after, limit })).map(({ name }) => name)
				expect(await names('')).toEqual(['alice', 'bob', 'carol'])
				expect(await names('', '', 2)).toEqual(['alice', 'bob'])
				expect(await names('', 'bob')).toEqual(['carol'])
				expect(await names('o')).toEqual(['bob', 'carol'])
				expect(await names('%')).toEqual([])
				expect(await data.repositories.accounts.count('o')).toBe(2)
				expect(await data.repositories.accounts.count('')).toBe(3)
			})

			it('know the administrators who may sign in', async () => {
				await write(({ accounts }) => accounts.setRole(alice, 'admin'))
				await write(({ accounts }) => accounts.setRole(bob, 'admin'))
				await write(({ accounts }) => accounts.setDisabled(bob, 5))
				expect(await data.repositories.accounts.admins()).toEqual([alice])
				expect(await data.repositories.accounts.byId(bob)).toMatchObject({ role: 'admin', disabledAt: 5 })
				expect(await data.repositories.figures.disabled()).toBe(1)
				await write(({ accounts }) => accounts.setDisabled(bob, null))
				expect(await data.repositories.figures.disabled()).toBe(0)
			})

			it('keep the newest profile that was set', async () => {
				expect(await data.repositories.accounts.profile(alice)).toBeNull()
				await write(({ accounts }) => accounts.setProfile(alice, bytesOf('profile', 80)))
				expect(await data.repositories.accounts.profile(alice)).toEqual(bytesOf('profile', 80))
			})

			it('grow their log by the next entry only', async () => {
				const entries = [bytesOf('entry 0', 40), bytesOf('entry 1', 50)] as const
				expect(await write(({ accountLogs }) => accountLogs.append(alice, 1, entries[1]))).toBe(false)
				expect(await write(({ accountLogs }) => accountLogs.append(alice, 0, entries[0]))).toBe(true)
				expect(await write(({ accountLogs }) => accountLogs.append(alice, 0, entries[1]))).toBe(false)
				expect(await write(({ accountLogs }) => accountLogs.append(alice, 1, entries[1]))).toBe(true)
				expect(await data.repositories.accountLogs.entries(alice, 0)).toEqual(entries)
				expect(await data.repositories.accountLogs.entries(alice, 1)).toEqual([entries[1]])
				expect(await data.repositories.accountLogs.entries(bob, 0)).toEqual([])
			})

			it('give a deviceId to one account for ever', async () => {
				expect(await write(({ devices }) => devices.insert(phone, alice, 1))).toBe(true)
				expect(await write(({ devices }) => devices.insert(phone, bob, 2))).toBe(false)
				expect(await data.repositories.devices.owner(phone)).toEqual(alice)
				expect(await data.repositories.devices.owner(laptop)).toBeNull()
			})

			it('keep X-Wing keys by account and hash', async () => {
				const [hash, key] = [bytesOf('hash', 32), bytesOf('key', 1216)]
				await write(({ kemKeys }) => kemKeys.insert(alice, hash, key))
				expect(await data.repositories.kemKeys.byHash(alice, hash)).toEqual(key)
				expect(await data.repositories.kemKeys.byHash(bob, hash)).toBeNull()
			})

			it('have one OPAQUE record, the last one set', async () => {
				const first = { identifier: bytesOf('id 1', 16), record: 'one', stretching: 1 }
				const second = { identifier: bytesOf('id 2', 16), record: 'two', stretching: 1 }
				await write(({ credentials }) => credentials.set(alice, first))
				await write(({ credentials }) => credentials.set(alice, second))
				expect(await data.repositories.credentials.get(alice)).toEqual(second)
				expect(await data.repositories.credentials.get(bob)).toBeNull()
			})
		})

		it('bots are listed by owner and by name, and no more once they have ended', async () => {
			const bot = (id: string, name: string, owner = alice) => ({
				...{ id, owner, name, tokenHash: bytesOf(`token ${id}`, 32), scopes: ['read', 'write'] as const, createdAt: 1 },
				...{ account: null, endedAt: null },
			})
			const [zebra, ant, bee] = [bot('1', 'zebra'), bot('2', 'ant', bob), bot('3', 'bee')]
			await write(async ({ bots }) => {
				for (const one of [zebra, ant, bee]) await bots.insert(one)
			})
			expect(await data.repositories.bots.all()).toEqual([ant, bee, zebra])
			expect(await data.repositories.bots.of(bob)).toEqual([ant])
			await write(({ bots }) => bots.end('3', 5))
			expect(await data.repositories.bots.all()).toEqual([ant, zebra])
		})

		it('where devices can be woken: one for each, of members with a living session', async () => {
			const at = (device: typeof phone, account: typeof alice, endpoint: string) => ({
				...{
					device,
					account,
					endpoint,
					key: bytesOf('point', 65),
					auth: bytesOf('auth', 16),
					quiet: bytesOf('q', 9),
					at: 1,
				},
			})
			const session = (sid: string, device: typeof phone, account: typeof alice) => ({
				...{ sid, account, device, createdAt: 1, lastUsedAt: 1, endedAt: null, endedCode: null },
			})
			await write(async ({ conversations, pushSubscriptions, sessions }) => {
				await conversations.setMembers(room, [{ account: alice, role: 'owner' }])
				await pushSubscriptions.put(at(phone, alice, 'https://a.example/1'))
				await pushSubscriptions.put(at(phone, alice, 'https://a.example/2'))
				await pushSubscriptions.put(at(laptop, bob, 'https://b.example/1'))
				await sessions.insertFamily(session('one', phone, alice))
				await sessions.insertFamily(session('other', laptop, bob))
			})
			const { pushSubscriptions } = data.repositories
			expect(await pushSubscriptions.of(phone)).toEqual(at(phone, alice, 'https://a.example/2'))
			expect(await pushSubscriptions.at('https://a.example/2')).toEqual([at(phone, alice, 'https://a.example/2')])
			expect(await pushSubscriptions.at('https://a.example/1')).toEqual([])
			expect(await pushSubscriptions.ofMembers(room)).toEqual([at(phone, alice, 'https://a.example/2')])
			expect(await pushSubscriptions.endpoints()).toHaveLength(2)
			await write(({ sessions }) => sessions.endFamily('one', 2, 'session-ended'))
			expect(await pushSubscriptions.ofMembers(room)).toEqual([])
			await write((inside) => inside.pushSubscriptions.deleteEnded())
			expect(await pushSubscriptions.endpoints()).toEqual(['https://b.example/1'])
			await write((inside) => inside.pushSubscriptions.delete(laptop, 'https://b.example/2'))
			expect(await pushSubscriptions.of(laptop)).not.toBeNull()
			await write((inside) => inside.pushSubscriptions.delete(laptop, 'https://b.example/1'))
			expect(await pushSubscriptions.of(laptop)).toBeNull()
		})

		it('answers are kept under their id, counted by account, and dropped by age', async () => {
			const row = (id: string, at: number, account = alice) => ({
				...{ id: bytesOf(id, 32), account, request: bytesOf(`request ${id}`, 32), at, answer: null },
			})
			expect(await data.repositories.keptAnswers.byId(bytesOf('one', 32))).toBeNull()
			await write(async ({ keptAnswers }) => {
				for (const one of [row('one', 5), row('two', 6), row('three', 7, bob)]) await keptAnswers.put(one)
			})
			expect(await data.repositories.keptAnswers.byId(bytesOf('one', 32))).toEqual(row('one', 5))
			const answered = { ...row('one', 8), answer: bytesOf('answer', 40) }
			await write(({ keptAnswers }) => keptAnswers.put(answered))
			expect(await data.repositories.keptAnswers.byId(bytesOf('one', 32))).toEqual(answered)
			expect(await data.repositories.keptAnswers.count(alice)).toBe(2)
			await write(({ keptAnswers }) => keptAnswers.deleteBefore(7))
			expect(await data.repositories.keptAnswers.count(alice)).toBe(1)
			expect(await data.repositories.keptAnswers.count(bob)).toBe(1)
			await write(({ keptAnswers }) => keptAnswers.delete(bytesOf('one', 32)))
			expect(await data.repositories.keptAnswers.count(alice)).toBe(0)
		})

		it('what administrators did is numbered, listed from the newest, and forgotten from the oldest', async () => {
			const done = (at: number, by: typeof alice | null = alice) => ({ at, by, act: 'close-account', subject: bob })
			const list = (before = 100, limit = 10) => data.repositories.adminActs.page({ before, limit })
			expect(await list()).toEqual([])
			for (const at of [5, 6, 7]) await write(({ adminActs }) => adminActs.insert(done(at, at === 7 ? null : alice)))
			await write(({ adminActs }) => adminActs.insert({ ...done(8), subject: null }))
			const rows = [
				{ seq: 4, ...done(8), subject: null },
				{ seq: 3, ...done(7, null) },
				{ seq: 2, ...done(6) },
				{ seq: 1, ...done(5) },
			]
			expect(await list()).toEqual(rows)
			expect(await list(4, 2)).toEqual(rows.slice(1, 3))
			await write(({ adminActs }) => adminActs.deleteBefore(7))
			expect(await list()).toEqual(rows.slice(0, 2))
			await write(({ adminActs }) => adminActs.insert(done(9)))
			expect((await list())[0]?.seq).toBe(5)
		})

		describe('reports', () => {
			const report = (label: string, sealed: boolean, at = 1) => ({
				...{ id: bytesOf(label, 16), conversation: room, reporter: bob, at, sealed, report: bytesOf(label, 80) },
			})
			const boxFor = (account = alice) => ({ account, g: 2, box: bytesOf('box', 60) })

			it('go to the operator, or to those with a box, the first first', async () => {
				await write(async ({ reports }) => {
					await reports.insert(report('later', false, 9), [])
					await reports.insert(report('plain', false), [])
					await reports.insert(report('sealed', true), [boxFor(), boxFor(carol)])
				})
				const { reports } = data.repositories
				expect(await reports.toOperator()).toEqual([report('plain', false), report('later', false, 9)])
				expect(await reports.sealedFor(room, alice)).toEqual([{ ...report('sealed', true), ...boxFor() }])
				expect(await reports.sealedFor(room, bob)).toEqual([])
				expect([await reports.countBy(bob), await reports.countSealed(room)]).toEqual([2, 1])
			})

			it('are deleted where they lie, and nowhere else', async () => {
				await write(({ reports }) => reports.insert(report('plain', false), []))
				await write(({ reports }) => reports.insert(report('sealed', true), [boxFor()]))
				const gone = (label: string, where: typeof room | null) =>
					write(({ reports }) => reports.delete(bytesOf(label, 16), where))
				expect(await gone('plain', room)).toBe(false)
				expect(await gone('sealed', null)).toBe(false)
				expect(await gone('sealed', bytesOf('elsewhere', 16))).toBe(false)
				expect([await gone('plain', null), await gone('sealed', room)]).toEqual([true, true])
				expect(await gone('sealed', room)).toBe(false)
				expect(await data.repositories.reports.sealedFor(room, alice)).toEqual([])
			})
		})

		describe('vaults', () => {
			const version = (number: number, device = phone, storedAt = number) => ({
				...{ version: number, device, storedAt },
				vault: bytesOf(`vault ${number}`, 100),
			})

			it('take the next version only', async () => {
				expect(await data.repositories.vaults.newest(alice)).toBeNull()
				expect(await write(({ vaults }) => vaults.insert(alice, version(2)))).toBe(false)
				expect(await write(({ vaults }) => vaults.insert(alice, version(1)))).toBe(true)
				expect(await write(({ vaults }) => vaults.insert(alice, version(1)))).toBe(false)
				expect(await write(({ vaults }) => vaults.insert(alice, version(2)))).toBe(true)
				expect(await data.repositories.vaults.newest(alice)).toEqual(version(2))
			})

			it('are pruned by age, but the newest and the last of each device stay', async () => {
				await write(async ({ vaults }) => {
					for (const row of [version(1, laptop, 10), version(2, phone, 20), version(3, phone, 30)]) {
						await vaults.insert(alice, row)
					}
					await vaults.prune(alice, 100)
				})
				expect(await data.repositories.vaults.newest(alice)).toEqual(version(3, phone, 30))
				// The number goes on from the newest, whatever was pruned.
				expect(await write(({ vaults }) => vaults.insert(alice, version(2, phone)))).toBe(false)
				expect(await write(({ vaults }) => vaults.insert(alice, version(4, phone)))).toBe(true)
			})

			it('never replace a box', async () => {
				const row = { recipient: bytesOf('recipient', 32), vkGen: 1, box: bytesOf('box', 1171) }
				expect(await write(({ vaults }) => vaults.insertBox(alice, row))).toBe(true)
				expect(await write(({ vaults }) => vaults.insertBox(alice, { ...row, box: bytesOf('junk', 1171) }))).toBe(false)
				expect(await data.repositories.vaults.boxes(alice)).toEqual([row])
				await write(({ vaults }) => vaults.deleteBox(alice, row.recipient))
				expect(await data.repositories.vaults.boxes(alice)).toEqual([])
			})

			it('keep binds by method', async () => {
				const row = { method: bytesOf('method', 16), bind: bytesOf('bind', 32) }
				await write(({ vaults }) => vaults.insertBind(alice, row))
				expect(await data.repositories.vaults.binds(alice)).toEqual([row])
				expect(await data.repositories.vaults.binds(bob)).toEqual([])
			})
		})

		describe('sessions', () => {
			const family = (sid: string, account = alice, device = phone) => ({
				...{ sid, account, device, createdAt: 1, lastUsedAt: 1 },
				...{ endedAt: null, endedCode: null },
			})
			const token = (id: string, sid: string, expiresAt = 100) => ({
				...{ id, account: alice, sid, expiresAt, nonce: bytesOf(`nonce ${id}`, 32), successor: null },
			})
			beforeEach(() =>
				write(async ({ sessions }) => {
					await sessions.insertFamily(family('one'))
					await sessions.insertFamily(family('two', alice, laptop))
					await sessions.insertFamily(family('three', bob))
					await sessions.insertToken(token('a', 'one'))
				}),
			)

			it('are listed while they live, the last used first', async () => {
				await write(({ sessions }) => sessions.touchFamily('two', 5))
				const sids = async () => (await data.repositories.sessions.familiesOf(alice)).map(({ sid }) => sid)
				expect(await sids()).toEqual(['two', 'one'])
				expect(await write(({ sessions }) => sessions.endFamily('two', 9, 'session-ended'))).toBe(true)
				expect(await write(({ sessions }) => sessions.endFamily('two', 10, 'token-reused'))).toBe(false)
				expect(await sids()).toEqual(['one'])
				const ended = await data.repositories.sessions.family('two')
				expect(ended).toMatchObject({ endedAt: 9, endedCode: 'session-ended' })
				expect(await data.repositories.sessions.family('none')).toBeNull()
			})

			it('give a token one successor', async () => {
				expect(await data.repositories.sessions.token('a')).toEqual(token('a', 'one'))
				expect(await write(({ sessions }) => sessions.setSuccessor('a', 'b'))).toBe(true)
				expect(await write(({ sessions }) => sessions.setSuccessor('a', 'c'))).toBe(false)
				expect((await data.repositories.sessions.token('a'))?.successor).toBe('b')
			})

			it('drop tokens: one, all but some, all of an account', async () => {
				await write(async ({ sessions }) => {
					for (const id of ['b', 'c', 'd']) await sessions.insertToken(token(id, 'one'))
					await sessions.deleteToken('d')
					await sessions.deleteOtherTokens('one', ['b', 'c'])
				})
				const ids = (await data.repositories.sessions.tokensOf(alice)).map(({ id }) => id)
				expect(ids.sort()).toEqual(['b', 'c'])
				await write(({ sessions }) => sessions.deleteTokensOf(alice))
				expect(await data.repositories.sessions.tokensOf(alice)).toEqual([])
			})

			it('drop what has expired, and families with nothing left', async () => {
				await write(async ({ sessions }) => {
					await sessions.insertToken(token('late', 'two', 200))
					await sessions.setTokenExpiry('a', 150)
					await sessions.deleteExpired(150)
				})
				expect(await data.repositories.sessions.family('one')).toBeNull()
				expect(await data.repositories.sessions.family('two')).not.toBeNull()
			})
		})

		describe('e-mail addresses', () => {
			const row = (account = alice, expiresAt = 100) => ({
				...{ account, address: 'a@example.org', tokenHash: bytesOf(`token ${account[0]} ${expiresAt}`, 32), expiresAt },
			})

			it('belong to one account each, and an account has one', async () => {
				await write(({ emails }) => emails.confirm(alice, 'a@example.org', 1))
				await write(({ emails }) => emails.confirm(alice, 'b@example.org', 2))
				const { emails } = data.repositories
				expect([await emails.of(alice), await emails.accountWith('a@example.org')]).toEqual(['b@example.org', null])
				await write((inside) => inside.emails.confirm(bob, 'b@example.org', 3))
				expect([await emails.of(alice), await emails.of(bob)]).toEqual([null, 'b@example.org'])
				expect(await emails.accountWith('b@example.org')).toEqual(bob)
				await write((inside) => inside.emails.forget(bob))
				expect(await emails.accountWith('b@example.org')).toBeNull()
			})

			it('wait one at a time for each account, several accounts for the same, until they expire', async () => {
				await write(({ emails }) => emails.setPending({ ...row(), address: 'old@example.org' }))
				await write(({ emails }) => emails.setPending(row(alice, 200)))
				await write(({ emails }) => emails.setPending(row(bob)))
				const { emails } = data.repositories
				expect([await emails.pending(alice), await emails.pending(bob)]).toEqual([row(alice, 200), row(bob)])
				await write((inside) => inside.emails.deleteExpired(100))
				expect([await emails.pending(alice), await emails.pending(bob)]).toEqual([row(alice, 200), null])
				await write((inside) => inside.emails.deletePending(alice))
				expect(await emails.pending(alice)).toBeNull()
			})
		})

		describe('invites', () => {
			const row = (id: string, usesLeft = 2, expiresAt = 100) => ({
				...{ id, tokenHash: bytesOf(`token ${id}`, 32), createdBy: alice },
				...{ createdAt: 1, expiresAt, usesLeft },
			})

			it('lose a use with each use, and work no more with none', async () => {
				await write(({ invites }) => invites.insert(row('a')))
				const use = (now = 50) => write(({ invites }) => invites.use(row('a').tokenHash, now))
				expect(await use()).toBe(true)
				expect((await data.repositories.invites.byTokenHash(row('a').tokenHash))?.usesLeft).toBe(1)
				expect(await use(100)).toBe(false)
				expect(await use()).toBe(true)
				expect(await use()).toBe(false)
				expect(await data.repositories.invites.open(50)).toEqual([])
			})

			it('are open until they expire or are deleted', async () => {
				await write(({ invites }) => invites.insert(row('a')))
				expect(await data.repositories.invites.open(99)).toEqual([row('a')])
				expect(await data.repositories.invites.open(100)).toEqual([])
				expect(await write(({ invites }) => invites.delete('a'))).toBe(true)
				expect(await write(({ invites }) => invites.delete('a'))).toBe(false)
				expect(await data.repositories.invites.byTokenHash(row('a').tokenHash)).toBeNull()
			})
		})

		it('friendships are one per pair, whoever asked', async () => {
			const asked = (requester = alice, addressee = bob): FriendshipRow => ({
				...{ requester, addressee, state: 'pending' as const, since: 1 },
				...{ request: bytesOf('request', 200), accept: null, closing: null },
			})
			await write(({ friendships }) => friendships.put(asked()))
			expect(await data.repositories.friendships.between(bob, alice)).toEqual(asked())
			const accepted = { ...asked(bob, alice), state: 'accepted' as const, accept: bytesOf('accept', 200) }
			await write(({ friendships }) => friendships.put(accepted))
			await write(({ friendships }) => friendships.put(asked(carol, alice)))
			expect(await data.repositories.friendships.between(alice, bob)).toEqual(accepted)
			expect(await data.repositories.friendships.of(alice)).toHaveLength(2)
			expect(await data.repositories.friendships.of(bob)).toEqual([accepted])
			expect(await data.repositories.friendships.between(bob, carol)).toBeNull()
			const ended = { ...accepted, state: 'ended' as const, closing: bytesOf('end', 200) }
			await write(({ friendships }) => friendships.put(ended))
			expect(await data.repositories.friendships.between(alice, bob)).toEqual(ended)
		})

		it('blocks belong to one side, and are made once', async () => {
			const { friendships } = data.repositories
			expect(await friendships.hasBlocked(alice, bob)).toBe(false)
			await write(({ friendships }) => friendships.block(alice, bob, 5))
			await write(({ friendships }) => friendships.block(alice, bob, 9))
			expect(await friendships.blocksOf(alice)).toEqual([{ blocked: bob, since: 5 }])
			expect([await friendships.hasBlocked(alice, bob), await friendships.hasBlocked(bob, alice)]).toEqual([
				true,
				false,
			])
			expect(await friendships.blocksOf(bob)).toEqual([])
			await write(({ friendships }) => friendships.unblock(alice, bob))
			expect(await friendships.blocksOf(alice)).toEqual([])
		})

		it('a friend list counts its changes; the newest about somebody stands', async () => {
			const { friendships } = data.repositories
			expect([await friendships.version(alice), await friendships.changedSince(alice, 0)]).toEqual([0, []])
			await write(async ({ friendships }) => {
				await friendships.touch(alice, bob)
				await friendships.touch(alice, carol)
				await friendships.touch(alice, bob)
				await friendships.touch(bob, carol)
			})
			expect([await friendships.version(alice), await friendships.version(bob)]).toEqual([3, 1])
			expect(await friendships.changedSince(alice, 0)).toEqual([carol, bob])
			expect(await friendships.changedSince(alice, 2)).toEqual([bob])
			expect(await friendships.changedSince(alice, 3)).toEqual([])
		})

		it('sealed entries are one per name, each change under the next version', async () => {
			const [one, other] = [bytesOf('one', 16), bytesOf('other', 16)]
			const { sealedEntries } = data.repositories
			expect([await sealedEntries.version(alice), await sealedEntries.get(alice, one)]).toEqual([0, null])
			await write(async ({ sealedEntries }) => {
				await sealedEntries.put(alice, one, bytesOf('a', 9))
				await sealedEntries.put(alice, other, bytesOf('b', 9))
				await sealedEntries.put(alice, one, bytesOf('c', 9))
			})
			expect([await sealedEntries.version(alice), await sealedEntries.count(alice)]).toEqual([3, 2])
			const [b, c] = [
				{ version: 2, entry: bytesOf('b', 9) },
				{ version: 3, entry: bytesOf('c', 9) },
			]
			expect(await sealedEntries.since(alice, 0, 9)).toEqual([b, c])
			expect(await sealedEntries.since(alice, 0, 1)).toEqual([b])
			expect(await sealedEntries.since(alice, 2, 9)).toEqual([c])
			await write(({ sealedEntries: inside }) => inside.leap())
			expect((await sealedEntries.since(alice, 3, 9)).map(({ version }) => version - RECV_SEQ_RESTORE_STEP)).toEqual([
				2, 3,
			])
			expect(await sealedEntries.get(alice, one)).toEqual(bytesOf('c', 9))
			expect([await sealedEntries.count(bob), await sealedEntries.since(bob, 0, 9)]).toEqual([0, []])
		})

		it('presence is shown until it is hidden, and remembers when', async () => {
			const { accounts } = data.repositories
			expect(await accounts.presence(alice)).toEqual({ hidden: false, lastSeen: null })
			await write(async ({ accounts }) => {
				await accounts.setHidden(alice, true)
				await accounts.setLastSeen(alice, 60_000)
			})
			expect(await accounts.presence(alice)).toEqual({ hidden: true, lastSeen: 60_000 })
			expect(await accounts.presence(bytesOf('nobody', 32))).toBeNull()
		})

		describe('conversations', () => {
			const roles = (...accounts: (typeof alice)[]) => accounts.map((account) => ({ account, role: 'member' }))

			it('are stored once', async () => {
				const again = { conversation: room, kind: 'group', createdAt: 2 }
				expect(await write(({ conversations }) => conversations.insert(again))).toBe(false)
				expect(await data.repositories.conversations.byId(room)).toEqual({ ...again, kind: 'dm', createdAt: 1 })
			})

			it('know their members, and whose fellows they are', async () => {
				const other = bytesOf('other room', 16)
				await write(async ({ conversations }) => {
					await conversations.insert({ conversation: other, kind: 'group', createdAt: 1 })
					await conversations.setMembers(room, roles(alice, bob))
					await conversations.setMembers(other, roles(alice, bob, carol))
					await conversations.setMembers(other, roles(alice, carol))
				})
				const texts = (ids: readonly Uint8Array[]) => ids.map(bytesToBase64url).sort()
				expect(texts(await data.repositories.conversations.of(alice))).toEqual(texts([room, other]))
				expect(texts(await data.repositories.conversations.of(bob))).toEqual(texts([room]))
				expect(texts(await data.repositories.conversations.fellows(alice))).toEqual(texts([bob, carol]))
				expect(texts(await data.repositories.conversations.fellows(bob))).toEqual(texts([alice]))
				expect(await data.repositories.conversations.areFellows(alice, carol)).toBe(true)
				expect(await data.repositories.conversations.areFellows(bob, carol)).toBe(false)
				expect(await data.repositories.conversations.members(other)).toHaveLength(2)
			})

			it('grow their log by the next entry only', async () => {
				const entries = [bytesOf('entry 0', 40), bytesOf('entry 1', 50)] as const
				expect(await data.repositories.conversations.headSeq(room)).toBe(-1)
				expect(await write(({ conversations }) => conversations.append(room, 0, entries[0]))).toBe(true)
				expect(await write(({ conversations }) => conversations.append(room, 0, entries[0]))).toBe(false)
				expect(await write(({ conversations }) => conversations.append(room, 2, entries[1]))).toBe(false)
				expect(await write(({ conversations }) => conversations.append(room, 1, entries[1]))).toBe(true)
				expect(await data.repositories.conversations.headSeq(room)).toBe(1)
				expect(await data.repositories.conversations.entries(room, 1)).toEqual([entries[1]])
			})

			it('keep the boxes of every epoch for each member', async () => {
				const box = (account: typeof alice, epoch: number) => ({
					account,
					epoch,
					g: 0,
					box: bytesOf(`box ${epoch}`, 90),
				})
				await write(async ({ epochBoxes }) => {
					await epochBoxes.insert(room, [box(alice, 2), box(bob, 2)])
					await epochBoxes.insert(room, [box(alice, 1)])
				})
				expect(await data.repositories.epochBoxes.of(room, alice)).toEqual([box(alice, 1), box(alice, 2)])
				expect(await data.repositories.epochBoxes.of(room, carol)).toEqual([])
			})

			it('know who holds a box, who asks for another, and take one in its place', async () => {
				const box = (name: string) => ({ account: alice, epoch: 7, g: 0, box: bytesOf(name, 90) })
				await write(async ({ epochBoxes }) => {
					await epochBoxes.insert(room, [box('bad')])
					await epochBoxes.ask(room, alice, 7)
					await epochBoxes.ask(room, alice, 7)
				})
				const { epochBoxes } = data.repositories
				expect(await epochBoxes.holders(room, 7)).toEqual([alice])
				expect(await epochBoxes.holders(room, 8)).toEqual([])
				expect(await epochBoxes.asked(room)).toEqual([{ account: alice, epoch: 7 }])
				await write(async ({ epochBoxes }) => {
					await epochBoxes.insert(room, [box('good')])
					await epochBoxes.answered(room, alice, 7)
				})
				expect((await epochBoxes.of(room, alice)).filter(({ epoch }) => epoch === 7)).toEqual([box('good')])
				expect(await epochBoxes.asked(room)).toEqual([])
			})

			it('keep links with their keys and the newest box of each', async () => {
				const [link, key] = [bytesOf('link', 16), bytesOf('key', 1216)]
				const box = (epoch: number) => ({ link, epoch, box: bytesOf(`link box ${epoch}`, 90) })
				await write(async ({ rooms }) => {
					await rooms.insertLinkKey(room, link, key)
					await rooms.putLinkBox(room, box(1))
					await rooms.putLinkBox(room, box(2))
				})
				const { rooms } = data.repositories
				expect(await rooms.linkKeys(room)).toEqual([{ link, key }])
				expect(await rooms.linkBoxes(room)).toEqual([box(2)])
				expect(await rooms.linkBox(room, link)).toEqual(box(2))
				expect(await rooms.linkBox(room, bytesOf('other', 16))).toBeNull()
			})

			it('stand in the directory once, and hear each knock once', async () => {
				const listing = (name: string) => ({
					...{ conversation: room, name, topic: '', link: bytesOf('link', 16), secret: bytesOf('secret', 32) },
				})
				await write(async ({ rooms }) => {
					await rooms.putListing(listing('old'))
					await rooms.putListing(listing('new'))
					await rooms.knock(room, bob, 1)
					await rooms.knock(room, bob, 2)
					await rooms.knock(room, carol, 3)
					await rooms.dropKnock(room, carol)
				})
				const { rooms } = data.repositories
				expect(await rooms.listings()).toEqual([listing('new')])
				expect(await rooms.listing(room)).toEqual(listing('new'))
				expect(await rooms.listing(bytesOf('nowhere', 16))).toBeNull()
				expect(await rooms.knocks(room)).toEqual([{ account: bob, at: 1 }])
			})

			it('keep cut lists by hash', async () => {
				const row = { hash: bytesOf('cut', 32), list: bytesOf('list', 64) }
				await write(({ cutLists }) => cutLists.insert(room, row.hash, row.list))
				expect(await data.repositories.cutLists.of(room)).toEqual([row])
			})
		})

		describe('blobs', () => {
			const row = (name: string, over: Partial<BlobRow> = {}): BlobRow => ({
				...{ blob: bytesOf(name, 16), conversation: room, account: alice, device: phone },
				...{ length: 100, received: 0, usedAt: 5, event: null, ...over },
			})
			const whole = { received: 100 }
			const id = (name: string) => bytesOf(name, 16)

			it('are stored once, and come piece by piece from where they stand', async () => {
				expect(await write(({ blobs }) => blobs.insert(row('one')))).toBe(true)
				expect(await write(({ blobs }) => blobs.insert(row('one', { account: bob })))).toBe(false)
				const advance = (from: number, to: number) =>
					write(({ blobs }) => blobs.advance(id('one'), { from, to, at: 9 }))
				expect([await advance(10, 20), await advance(0, 60), await advance(0, 70)]).toEqual([false, true, false])
				expect(await data.repositories.blobs.byId(id('one'))).toEqual(row('one', { received: 60, usedAt: 9 }))
				expect(await data.repositories.blobs.byId(id('none'))).toBeNull()
			})

			it('count from their first request on, for their account and in all', async () => {
				await write(({ blobs }) => blobs.insert(row('one')))
				await write(({ blobs }) => blobs.insert(row('other', { account: bob, length: 2 ** 40 })))
				const { blobs } = data.repositories
				expect([await blobs.usage(alice), await blobs.usage(bob), await blobs.usage(carol)]).toEqual([100, 2 ** 40, 0])
				expect(await blobs.total()).toEqual({ count: 2, bytes: 2 ** 40 + 100 })
			})

			it('go with their messages', async () => {
				const event = id('event')
				await write(async ({ blobs }) => {
					for (const name of ['one', 'two', 'three']) await blobs.insert(row(name, whole))
					await blobs.setEvent(id('one'), event)
					await blobs.setEvent(id('two'), id('another'))
				})
				expect(await write(({ blobs }) => blobs.deleteOf(bytesOf('elsewhere', 16), [event]))).toEqual([])
				expect(await write(({ blobs }) => blobs.deleteOf(room, [event, id('no')]))).toEqual([id('one')])
				expect(await write(({ blobs }) => blobs.deleteOf(room, []))).toEqual([])
				await write(({ blobs }) => blobs.delete(id('three')))
				expect(await data.repositories.blobs.total()).toEqual({ count: 1, bytes: 100 })
			})

			it('go with the messages at given places', async () => {
				await write(async ({ blobs, events }) => {
					const counters = await events.openCounters(room)
					const page = await events.openPage(counters.id, { page: 0, part: 0, openedAt: 1 })
					const stream = await events.openStream(page.id, { clientId: 7, device: phone, incarnation: 0, startedAt: 1 })
					const place = { recv: 1, page: page.id, stream: stream.id, clock: 0, at: 1, expiresAt: null }
					await events.store({
						...{ counters: { ...counters, recv: 1 }, pages: [], rewritten: [], waiting: [] },
						streams: [{ id: stream.id, from: 0, next: 1 }],
						events: [{ ...place, eventId: id('event'), bytes: bytesOf('item', 40) }],
					})
					for (const name of ['one', 'two']) await blobs.insert(row(name, whole))
					await blobs.setEvent(id('one'), id('event'))
					await blobs.setEvent(id('two'), id('another'))
					expect(await blobs.deleteAt([{ id: counters.id, recv: 2 }])).toEqual([])
					expect(
						await blobs.deleteAt([
							{ id: counters.id, recv: 2 },
							{ id: counters.id, recv: 1 },
						]),
					).toEqual([id('one')])
				})
			})

			it('are dropped when nobody goes on with them, or names their message', async () => {
				await write(async ({ blobs }) => {
					await blobs.insert(row('begun', { usedAt: 10 }))
					await blobs.insert(row('whole', { ...whole, usedAt: 10 }))
					await blobs.insert(row('named', { ...whole, usedAt: 1, event: id('event') }))
				})
				const stale = (unfinished: number, unnamed: number) =>
					write(({ blobs }) => blobs.deleteStale({ unfinished, unnamed }))
				expect(await stale(10, 10)).toEqual([])
				expect(await stale(11, 10)).toEqual([id('begun')])
				expect(await stale(11, 11)).toEqual([id('whole')])
			})
		})

		it('facts of the instance are set, replaced and removed', async () => {
			expect(await data.repositories.instanceFacts.get('epoch')).toBeNull()
			await write(({ instanceFacts }) => instanceFacts.set('epoch', bytesOf('one', 16)))
			await write(({ instanceFacts }) => instanceFacts.set('epoch', bytesOf('two', 16)))
			expect(await data.repositories.instanceFacts.get('epoch')).toEqual(bytesOf('two', 16))
			await write(({ instanceFacts }) => instanceFacts.set('epoch', null))
			expect(await data.repositories.instanceFacts.get('epoch')).toBeNull()
		})
	})
}
