import { describe, expect, test } from 'vitest'
import {
	encodeConversationBody,
	type ConversationBody,
	type MemberRef,
	type Policy,
	type Role,
} from '#protocol/conversation-log.ts'
import { accAt, boxesDue, epochAt, isArchivedAt, roleAt } from '#protocol/conversation-lookups.ts'
import { createRules, directPolicy, entryRules, isBuilt, isNeverInDirect } from '#protocol/conversation-rules.ts'
import { appendConversationEntry, verifyConversationLog, type AccountLookup } from '#protocol/conversation-state.ts'
import { LIFETIME_MAX, LIFETIME_MIN } from '#protocol/limits.ts'
import { conversationIdOf, dmIdOf, notesIdOf, noticeIdOf } from '#protocol/ids.ts'
import { nodeHash, nodeVerify } from '../../support/crypto-ports.ts'
import {
	problemOf,
	createOf,
	directStory,
	membersOf,
	refsOf,
	type CreateBody,
	type DirectStory,
} from '../../support/direct-story.ts'
import { AccountStory, accountRef, bytesOf, ConversationStory, epochOf, lookupOf } from '../../support/log-actors.ts'

const everything = { hash: nodeHash, verify: nodeVerify, supports: () => true }

describe('create and first rotate', () => {
	test('[CNV1] the conversation is named by its members, or by its create body', async () => {
		const { alice, bob, log, accounts } = await directStory()
		const state = await log.state(await accounts())
		expect(state.id).toEqual(dmIdOf(nodeHash, alice.idHash, bob.idHash))
		const lookup = lookupOf(await Promise.all([alice.state(), bob.state()]))
		const idOf = async (create: CreateBody) => {
			const story = new ConversationStory().append(create, alice.laptop)
			const acc = refsOf((await Promise.all([alice.state(), bob.state()])).slice(0, create.members.length))
			story.append({ type: 'rotate', ...story.based(alice), epoch: epochOf(1), acc }, alice.laptop)
			const verified = await verifyConversationLog({ entries: story.entries, accounts: lookup, ...everything })
			return verified.ok && verified.value.id
		}
		expect(await idOf(createOf(alice, membersOf([alice]), 'notes'))).toEqual(notesIdOf(nodeHash, alice.idHash))
		const notice = await idOf(createOf(alice, membersOf([alice, bob]), 'notice'))
		expect(notice).toEqual(noticeIdOf(nodeHash, alice.idHash, bob.idHash))
		const owned = ({ idHash }: MemberRef) => ({ idHash, role: 'owner' }) as const
		const group = createOf(alice, membersOf([alice, bob]).map(owned), 'group')
		expect(await idOf(group)).toEqual(conversationIdOf(nodeHash, encodeConversationBody(group)))
	})

	const created = async (change: Partial<CreateBody>, author = new AccountStory('alice')) => {
		const [alice, bob] = [new AccountStory('alice'), new AccountStory('bob')]
		const log = new ConversationStory().append(
			{ ...createOf(alice, membersOf([alice, bob])), ...change },
			author.laptop,
		)
		const states = await Promise.all([alice, bob, author].map((one) => one.state()))
		return problemOf({ log, accounts: async () => lookupOf(states) })
	}

	test('[CNV2] a stranger creates no conversation of others', async () => {
		const eve = new AccountStory('eve')
		const error = await created({ author: eve.idHash, device: eve.laptop.deviceId }, eve)
		expect(error).toEqual({ type: 'rule', seq: 0, rule: 'CNV2' })
	})

	test('[CNV3] a create alone is no conversation, and the first entry is the first rotate', async () => {
		const { alice, bob, log, accounts } = await directStory()
		log.entries.length = 1
		expect(await problemOf({ log, accounts })).toEqual({ type: 'no-epoch' })
		expect(await problemOf({ log: new ConversationStory(), accounts })).toEqual({ type: 'empty' })
		log.hashes.length = 1
		const acc = [accountRef(await bob.state())]
		const cut = { account: bob.idHash, devices: [bob.laptop.deviceId], acc, cut: bytesOf('cut') }
		log.append({ type: 'cut', ...log.based(alice), ...cut }, alice.laptop)
		expect(await problemOf({ log, accounts })).toEqual({ type: 'rule', seq: 1, rule: 'CNV3' })
	})

	test('[CNV3] the first rotate names every member in acc', async () => {
		const story = await directStory()
		const acc = [accountRef(await story.alice.state())]
		story.log.entries.length = story.log.hashes.length = 1
		await story.rotate(1, { acc })
		expect(await problemOf(story)).toEqual({ type: 'rule', seq: 1, rule: 'CNV3' })
	})

	test('[CNV4] a direct conversation names exactly two, both members, under one policy', async () => {
		const alice = new AccountStory('alice')
		const bob = new AccountStory('bob')
		const eve = new AccountStory('eve')
		const wrong: readonly Partial<CreateBody>[] = [
			{ members: membersOf([alice]) },
			{ members: membersOf([alice, bob, eve]) },
			{ members: membersOf([alice, bob], 'owner') },
			{ members: membersOf([alice, bob], 'reader') },
			{ kind: 'notes' },
			{ policy: { ...directPolicy, history: 'from-join' } },
			{ policy: { ...directPolicy, invite: 'members' } },
			{ policy: { ...directPolicy, knock: 'yes' } },
		]
		for (const change of wrong) expect(await created(change)).toEqual({ type: 'rule', seq: 0, rule: 'CNV4' })
		expect(await created({ policy: { ...directPolicy, expiry: 1000 } })).toEqual({ type: 'no-epoch' })
	})

	test('[CNV5] a notice names the operator and one user', () => {
		const alice = new AccountStory('alice')
		const broken = (members: CreateBody['members']) =>
			createRules.notice.filter(({ holds }) => !holds(createOf(alice, members, 'notice'))).map(({ rule }) => rule)
		expect(broken(membersOf([alice]))).toEqual(['CNV5'])
		expect(broken(membersOf([alice, new AccountStory('bob')]))).toEqual([])
		expect(broken(membersOf([alice, new AccountStory('bob')], 'reader'))).toEqual(['CNV5'])
	})

	test('[CNV6] nobody is added to a notice, nor leads a link into it', () => {
		for (const type of ['add', 'join', 'link', 'linkEnd', 'remove', 'role'] as const)
			expect([isNeverInDirect('notice', type), isBuilt('notice', type)]).toEqual([true, false])
		expect(isBuilt('notice', 'rotate')).toBe(true)
	})
})

describe('position', () => {
	test('[CNV9] a rotate stands on a base of this log', async () => {
		const story = await directStory()
		await story.rotate(2, { baseHash: bytesOf('another log') })
		expect(await problemOf(story)).toEqual({ type: 'misplaced', seq: 2 })
		const later = await directStory()
		await later.rotate(2, { base: 2 })
		expect(await problemOf(later)).toEqual({ type: 'misplaced', seq: 2 })
	})

	test('[CNV9] an entry on a base is not sequenced twice', async () => {
		const story = await directStory()
		story.log.entries.push(story.log.entries[1]!)
		expect(await problemOf(story)).toEqual({ type: 'misplaced', seq: 2 })
	})

	test('[LOG3] create stands first and only first', async () => {
		const story = await directStory()
		story.log.append(createOf(story.alice, membersOf([story.alice, story.bob])), story.alice.laptop)
		expect(await problemOf(story)).toEqual({ type: 'misplaced', seq: 2 })
		story.log.entries.shift()
		expect(await problemOf(story)).toEqual({ type: 'misplaced', seq: 0 })
	})

	test('[LOG6] bytes that are no entry stop the log where they stand', async () => {
		const story = await directStory()
		story.log.entries.push({ body: bytesOf('noise'), signatures: [] })
		expect(await problemOf(story)).toMatchObject({ type: 'malformed', seq: 2 })
	})
})

describe('what a direct conversation never has, and what is built later', () => {
	const entryOf = async (make: (story: DirectStory) => ConversationBody) => {
		const story = await directStory()
		story.log.append(make(story), story.alice.laptop)
		return problemOf(story)
	}
	const eve = { idHash: bytesOf('eve'), role: 'member' as Role }
	const placed = ({ log, alice }: DirectStory) => log.placed(alice)
	const based = ({ log, alice }: DirectStory) => log.based(alice)

	const never: readonly ((story: DirectStory) => ConversationBody)[] = [
		(s) => ({ type: 'add', ...placed(s), members: [eve], keys: { give: 'rotate', ...epochOf(2) }, acc: [] }),
		(s) => ({ type: 'join', ...based(s), link: bytesOf('l', 16), n: 1, boxesRoot: bytesOf('b'), acc: [] }),
		(s) => ({ type: 'remove', ...placed(s), accounts: [s.bob.idHash], epoch: epochOf(2), acc: [], cut: bytesOf('c') }),
		(s) => ({ type: 'role', ...placed(s), members: [{ ...eve, role: 'owner' }], cut: null }),
		(s) => ({
			type: 'link',
			...placed(s),
			signingKey: bytesOf('k'),
			kemHash: bytesOf('h'),
			role: 'member',
			expires: null,
			uses: null,
			n: 1,
			boxesRoot: bytesOf('b'),
		}),
		(s) => ({ type: 'linkEnd', ...based(s), links: [bytesOf('l', 16)] }),
	]

	test.each([0, 1, 2, 3, 4, 5])('[CNV6] membership of a direct conversation never changes (%i)', async (i) => {
		const error = await entryOf(never[i]!)
		expect(error).toMatchObject({ type: 'not-in-direct', seq: 2 })
	})

	const later: readonly ((story: DirectStory) => ConversationBody)[] = [
		(s) => ({ type: 'leave', ...based(s), cut: bytesOf('c') }),
		(s) => ({ type: 'archive', ...placed(s) }),
		(s) => ({ type: 'restore', ...placed(s) }),
		(s) => ({ type: 'title', ...based(s), n: 1, nonce: bytesOf('n', 12), ct: bytesOf('t') }),
		(s) => ({ type: 'resolveFork', ...placed(s), dropped: [] }),
	]

	test.each([0, 1, 2, 3, 4])(
		'[LOG7] an entry that is built later is refused with a code of its own (%i)',
		async (i) => {
			const error = await entryOf(later[i]!)
			expect(error).toMatchObject({ type: 'unsupported-entry', seq: 2, kind: 'dm' })
		},
	)

	test('[CNV39] between two either says how long messages live, and nothing else of the policy', async () => {
		const set = (change: Partial<Policy>) =>
			entryOf((s) => ({ type: 'policy', ...placed(s), policy: { ...directPolicy, expiry: 5_000, ...change } }))
		expect(await set({})).toBeNull()
		expect(await set({ expiry: null })).toBeNull()
		for (const change of [{ history: 'from-join' }, { invite: 'members' }, { knock: 'yes' }] as const)
			expect(await set(change)).toMatchObject({ type: 'rule', rule: 'CNV39' })
	})

	test('[CNV40] a lifetime is a second at least and 366 days at most', async () => {
		const set = (expiry: number) =>
			entryOf((s) => ({ type: 'policy', ...placed(s), policy: { ...directPolicy, expiry } }))
		for (const expiry of [LIFETIME_MIN, LIFETIME_MAX]) expect(await set(expiry)).toBeNull()
		for (const expiry of [0, LIFETIME_MIN - 1, LIFETIME_MAX + 1, 2 ** 53 - 1])
			expect(await set(expiry)).toMatchObject({ type: 'rule', rule: 'CNV40' })
	})

	test('[LOG7] and so is a kind of conversation', async () => {
		const alice = new AccountStory('alice')
		const lookup = lookupOf([await alice.state()])
		const log = new ConversationStory().append(createOf(alice, membersOf([alice]), 'notice'), alice.laptop)
		const before = { ...everything, supports: (kind: string) => kind !== 'notice' }
		const verified = await verifyConversationLog({ entries: log.entries, accounts: lookup, ...before })
		const error = { type: 'unsupported-entry', seq: 0, kind: 'notice', entry: 'create' }
		expect(verified).toEqual({ ok: false, error })
	})
})

describe('any number of members', () => {
	const isOf = (person: AccountStory, { idHash }: MemberRef) => idHash === person.idHash
	const many = async (count: number) => {
		const people = Array.from({ length: count }, (_, i) => new AccountStory(`person ${i}`))
		const states = await Promise.all(people.map((one) => one.state()))
		const [first] = people as [AccountStory]
		const members = membersOf(people).map((member) =>
			isOf(first, member) ? { ...member, role: 'owner' as const } : member,
		)
		const log = new ConversationStory().append(createOf(first, members, 'group'), first.laptop)
		log.append({ type: 'rotate', ...log.based(first), epoch: epochOf(1), acc: refsOf(states) }, first.laptop)
		const accounts: AccountLookup = lookupOf(states)
		return { people, log, accounts }
	}

	test('[CNV17] members, roles, account heads and epochs are folded for a hundred as for two', async () => {
		const { people, log, accounts } = await many(100)
		log.append({ type: 'rotate', ...log.based(people[7]!), epoch: epochOf(2), acc: [] }, people[7]!.laptop)
		const verified = await verifyConversationLog({ entries: log.entries, accounts, ...everything })
		if (!verified.ok) throw new Error(JSON.stringify(verified.error))
		const state = verified.value
		expect(state.members.size).toBe(100)
		expect(boxesDue(state)).toHaveLength(100)
		for (const { idHash } of people) {
			const role = idHash === people[0]!.idHash ? 'owner' : 'member'
			expect([roleAt(state, idHash, 0), roleAt(state, idHash, 2)]).toEqual([role, role])
			expect([accAt(state, idHash, 0), accAt(state, idHash, 2)?.seq]).toEqual([null, 0])
		}
		expect(roleAt(state, bytesOf('stranger'), 2)).toBeNull()
		expect([0, 1, 2].map((seq) => epochAt(state, seq)?.n ?? 0)).toEqual([0, 1, 2])
	})

	test('[CNV17] positions between archive and restore are archived', async () => {
		const { log, accounts } = await directStory()
		const state = await log.state(await accounts())
		const archived = [
			{ from: 3, to: 5 },
			{ from: 7, to: null },
		]
		const at = [2, 3, 4, 5, 6, 7, 9].filter((seq) => isArchivedAt({ ...state, archived }, seq))
		expect(at).toEqual([3, 4, 7, 9])
	})
})

test('[LOG8] an entry appended to a verified state gives the state of the whole log, and changes nothing before', async () => {
	const story = await directStory()
	const accounts = await story.accounts()
	const before = await story.log.state(accounts)
	const copy = structuredClone(before)
	await story.rotate(2)
	const appended = await appendConversationEntry(before, story.log.entries[2]!, { ...everything, accounts })
	expect(appended).toEqual(await story.log.verify(accounts))
	expect(before).toEqual(copy)
})

test('[CNV7] every rule of the tables has an id and one sentence', () => {
	for (const { rule, sentence } of [...Object.values(createRules).flat(), ...Object.values(entryRules).flat()]) {
		expect(rule).toMatch(/^(CNV|EPO)\d+$/)
		expect(sentence).toMatch(/^[A-Z].*\.$/)
	}
})
