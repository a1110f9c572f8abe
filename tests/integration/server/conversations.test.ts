/** Direct conversations: made by friends, grown by entries, seen by members. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
	createConversation,
	createDirect,
	rotateEntry,
	type BoxTarget,
	type ConversationAuthor,
	type CreatedConversation,
	type EpochBox,
} from '#crypto/conversation-builder.ts'
import { boxCodec } from '#protocol/box.ts'
import { decode, encode } from '#protocol/codec.ts'
import { directPolicy } from '#protocol/conversation-rules.ts'
import { verifyConversationLog } from '#protocol/conversation-state.ts'
import { signedHead } from '#protocol/head.ts'
import { dmIdOf, padConversationId } from '#protocol/ids.ts'
import { chainHash, signedEntry, type SignedEntry } from '#protocol/log-entry.ts'
import type { Api } from '#sync/http-client.ts'
import { nodeHash, nodeVerify } from '#tests/support/crypto-ports.ts'
import {
	befriend,
	clientCrypto,
	codeOf,
	must,
	signUpAdmin,
	signUpInvited,
	toBytes,
	toText,
	type Person,
} from '#tests/support/http-person.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

type CreateForm = Parameters<Api['conversations']['create']>[0]

let server: TestServer
let alice: Person
let bob: Person
let carol: Person
beforeAll(async () => {
	server = await startTestServer()
	alice = await signUpAdmin(server)
	bob = await signUpInvited(server, alice, 'bob')
	carol = await signUpInvited(server, alice, 'carol')
	await befriend(alice, bob)
})
afterAll(() => server.close())

const target = ({ account }: Person): BoxTarget => ({
	idHash: account.idHash,
	head: account.head,
	g: 0,
	accountKey: account.kemKeys[0]!,
})
const author = (person: Person, now = Date.now()): ConversationAuthor => ({
	idHash: person.account.idHash,
	device: person.device,
	now,
})
const entryForm = (entry: SignedEntry) => toText(encode(signedEntry, entry))
const boxForms = (boxes: readonly EpochBox[]) =>
	boxes.map(({ idHash, g, box }) => ({ account: toText(idHash), g, box: toText(encode(boxCodec, box)) }))
const createForm = ({ create, rotate, boxes }: CreatedConversation): CreateForm => ({
	create: entryForm(create),
	rotate: entryForm(rotate),
	boxes: boxForms(boxes),
})

async function direct(by: Person, other: Person, now = Date.now()): Promise<CreatedConversation> {
	const { crypto } = await clientCrypto()
	return createDirect(crypto, author(by, now), [target(by), target(other)])
}
const create = (by: Person, form: CreateForm) => by.http.call((api) => api.conversations.create(form))

/** Two fresh friends with a conversation. */
let count = 0
async function couple() {
	const [one, two] = [
		await signUpInvited(server, alice, `one${++count}`),
		await signUpInvited(server, alice, `two${count}`),
	]
	await befriend(one, two)
	const made = await direct(one, two)
	const { conversation } = await must(create(one, createForm(made)))
	const headOfRotate = nodeHash
	const first = chainHash(headOfRotate, new Uint8Array(32), { seq: 0, body: made.create.body })
	const head = { seq: 1, hash: chainHash(headOfRotate, first, { seq: 1, body: made.rotate.body }) }
	return { one, two, made, conversation, head }
}

describe('a direct conversation', () => {
	it('is made by a friend; both get its log, a signed head and their own box', async () => {
		const made = await direct(alice, bob)
		const signals: unknown[] = []
		const unsubscribe = server.domain.cluster.subscribe('conversation-log', (signal) => signals.push(signal))
		const { conversation } = await must(create(alice, createForm(made)))
		unsubscribe()
		expect(conversation).toBe(toText(dmIdOf(nodeHash, alice.account.idHash, bob.account.idHash)))
		expect(signals).toEqual([
			{ conversation, from: 0, members: expect.arrayContaining([alice.id, bob.id]), parted: [] },
		])
		for (const reader of [alice, bob]) {
			const { log, boxes } = await must(reader.http.call((api) => api.conversations.log({ conversation })))
			expect(log.entries).toEqual([entryForm(made.create), entryForm(made.rotate)])
			const own = boxForms(made.boxes).find(({ account }) => account === reader.id)
			expect(boxes).toEqual([{ epoch: 1, g: 0, box: own?.box }])
			const head = decode(signedHead, toBytes(log.head))
			expect(head.ok && head.value.seq).toBe(1)
			expect(head.ok && toText(head.value.subject)).toBe(toText(padConversationId(toBytes(conversation))))
			const { conversations } = await must(reader.http.call((api) => api.conversations.list()))
			expect(conversations).toEqual([{ conversation, headSeq: 1, recv: 0, current: 0, lastAt: 0 }])
		}
	})

	it('exists once, whoever makes it', async () => {
		expect(await codeOf(create(bob, createForm(await direct(bob, alice))))).toBe('conversation-exists')
	})

	it('is made between friends only', async () => {
		expect(await codeOf(create(alice, createForm(await direct(alice, carol))))).toBe('not-friends')
	})

	it('does not exist for anybody else', async () => {
		const { conversation } = await couple()
		expect(await codeOf(carol.http.call((api) => api.conversations.log({ conversation })))).toBe('not-found')
		expect((await must(carol.http.call((api) => api.conversations.list()))).conversations).toEqual([])
		const entry = 'AAAA'
		expect(await codeOf(carol.http.call((api) => api.conversations.append({ conversation, entry, boxes: [] })))).toBe(
			'not-found',
		)
		expect(await codeOf(carol.http.call((api) => api.conversations.heads({ conversation })))).not.toBe('ok')
		expect(await codeOf(carol.http.call((api) => api.conversations.rows({ conversation, page: 0, part: 0 })))).not.toBe(
			'ok',
		)
		expect(await codeOf(carol.http.call((api) => api.conversations.markers({ conversation })))).not.toBe('ok')
	})

	it('is made by its author himself, now', async () => {
		const [one, two] = [await signUpInvited(server, alice, 'dan'), await signUpInvited(server, alice, 'eve')]
		await befriend(one, two)
		expect(await codeOf(create(two, createForm(await direct(one, two))))).toBe('bad-entry')
		expect(await codeOf(create(one, createForm(await direct(one, two, Date.now() - 120_000))))).toBe('bad-entry')
		const { crypto } = await clientCrypto()
		const foreign = await createDirect(crypto, { ...author(one), device: two.device }, [target(one), target(two)])
		expect(await codeOf(create(one, createForm(foreign)))).toBe('bad-entry')
		const [good, other] = [createForm(await direct(one, two)), createForm(await direct(one, two))]
		expect(await codeOf(create(one, { ...good, rotate: other.rotate }))).toBe('stale-head')
		expect(await codeOf(create(one, { ...good, create: good.rotate }))).toBe('bad-entry')
		expect(await codeOf(create(one, good))).toBe('ok')
	})

	it('comes with exactly the boxes that its entry names', async () => {
		const [one, two] = [await signUpInvited(server, alice, 'fay'), await signUpInvited(server, alice, 'gus')]
		await befriend(one, two)
		const form = createForm(await direct(one, two))
		const other = createForm(await direct(one, two))
		const [first, second] = [form.boxes[0]!, form.boxes[1]!]
		const spoiled: Record<string, CreateForm['boxes']> = {
			missing: [first],
			twice: [first, first],
			'one too many': [first, second, { ...first, account: carol.id }],
			'for somebody else': [first, { ...second, account: carol.id }],
			'for another AK': [first, { ...second, g: 1 }],
			exchanged: [
				{ ...first, box: second.box },
				{ ...second, box: first.box },
			],
			'of another rotate': other.boxes,
			'no box': [first, { ...second, box: 'AAAA' }],
		}
		for (const [title, boxes] of Object.entries(spoiled)) {
			expect([title, await codeOf(create(one, { ...form, boxes }))]).toEqual([title, 'bad-boxes'])
		}
		expect(await codeOf(create(one, form))).toBe('ok')
	})

	it('may be with oneself: notes', async () => {
		const { crypto } = await clientCrypto()
		const member = (person: Person) => ({ idHash: person.account.idHash, role: 'member' as const })
		const notes = await createConversation(crypto, author(alice), {
			...{ kind: 'notes', policy: directPolicy, members: [member(alice)], targets: [target(alice)] },
		})
		expect(await codeOf(create(alice, createForm(notes)))).toBe('ok')
	})
})

describe('a rotation', () => {
	it('adds an epoch with new boxes; the old boxes stay', async () => {
		const { crypto } = await clientCrypto()
		const { one, two, made, conversation, head } = await couple()
		const input = {
			conversation: made.conversation,
			base: head,
			n: 2,
			members: [target(one), target(two)],
			previous: made.key,
			moved: [],
		}
		const rotation = await rotateEntry(crypto, author(two), input)
		const form = { conversation, entry: entryForm(rotation.rotate), boxes: boxForms(rotation.boxes) }
		const append = (by: Person, changed: Partial<typeof form & { cutList: string }> = {}) =>
			codeOf(by.http.call((api) => api.conversations.append({ ...form, ...changed })))
		expect(await append(one)).toBe('bad-entry')
		expect(await append(two, { boxes: [] })).toBe('bad-boxes')
		expect(await append(two, { boxes: boxForms(made.boxes) })).toBe('bad-boxes')
		expect(await append(two, { cutList: 'AAAA' })).toBe('bad-entry')
		expect(await append(two)).toBe('ok')
		expect(await append(two)).toBe('stale-head')
		const { log, boxes } = await must(one.http.call((api) => api.conversations.log({ conversation, from: 2 })))
		expect(log.entries).toEqual([form.entry])
		expect(boxes.map(({ epoch }) => epoch)).toEqual([1, 2])
	})

	it('is won by one of two', async () => {
		const { crypto } = await clientCrypto()
		const { one, two, made, conversation, head } = await couple()
		const input = {
			conversation: made.conversation,
			base: head,
			n: 2,
			members: [target(one), target(two)],
			previous: made.key,
			moved: [],
		}
		const rotations = await Promise.all([one, two].map((person) => rotateEntry(crypto, author(person), input)))
		const codes = await Promise.all(
			rotations.map(({ rotate, boxes }, i) => {
				const form = { conversation, entry: entryForm(rotate), boxes: boxForms(boxes) }
				return codeOf([one, two][i]!.http.call((api) => api.conversations.append(form)))
			}),
		)
		expect(codes.sort()).toEqual(['ok', 'stale-head'])
	})

	it('[EPO11] is leased to one device, and to nobody who has not heard that it is made', async () => {
		const { one, two, conversation } = await couple()
		const lease = (by: Person, epoch: number) => must(by.http.call((api) => api.rooms.lease({ conversation, epoch })))
		expect((await lease(two, 0)).granted).toBe(false)
		expect((await lease(one, 1)).granted).toBe(true)
		expect((await lease(two, 1)).granted).toBe(false)
		expect((await lease(one, 1)).granted).toBe(true)
	})

	it('leaves a log that anybody can verify from its first entry', async () => {
		const { conversation, one, two } = await couple()
		const { log } = await must(two.http.call((api) => api.conversations.log({ conversation })))
		const entries = log.entries.map((text) => {
			const entry = decode(signedEntry, toBytes(text))
			if (!entry.ok) throw new Error('an entry does not decode')
			return entry.value
		})
		const known = new Map<string, Awaited<ReturnType<typeof server.domain.accountStates.get>>>()
		for (const { id, account } of [one, two]) known.set(id, await server.domain.accountStates.get(account.idHash))
		const state = await verifyConversationLog({
			...{ entries, hash: nodeHash, verify: nodeVerify },
			accounts: (idHash) => known.get(toText(idHash)) ?? null,
		})
		expect(state.ok && toText(state.value.id)).toBe(conversation)
	})
})
