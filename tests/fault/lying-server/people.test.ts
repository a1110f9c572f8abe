/**
 * A server that lies about who is who: accounts, names, keys, friends, boxes, marks and presence are what their owners
 * signed. It signs false heads with its own, real key.
 */
import { expect } from 'vitest'
import { rotateEntry } from '#crypto/conversation-builder.ts'
import { sealMarker } from '#crypto/marker-seal.ts'
import { signedAccountEntry } from '#protocol/account-entry.ts'
import { decode, encode } from '#protocol/codec.ts'
import { hlcOf } from '#protocol/hlc.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { padConversationId } from '#protocol/ids.ts'
import { chainHash, noHash, signedEntry, type SignedEntry } from '#protocol/log-entry.ts'
import { signedMarker } from '#protocol/marker.ts'
import type { Access } from '#server/domain/domain.ts'
import { Mallory } from '#tests/support/fault/mallory.ts'
import { befriend, must as mustCall, profileOf, toBytes, toText } from '#tests/support/http-person.ts'
import { messagesUntil, must, now, refusal, textOf, until } from '#tests/support/watching.ts'
import { inviteFrom } from '#tests/support/world.ts'
import { oneMoreDevice } from './one-more-device.ts'
import { liesAre, story, type Lie } from './one-story.ts'

const entryText = (entry: SignedEntry) => toText(encode(signedEntry, entry))
const friends = () => now(story.bob.api, 'friends', null)

interface LogAnswer {
	name: string
	log: { from: number; entries: readonly string[]; head: string }
	ak: { g: number; key: string }
	profile: string | null
}

/** What the server answers about an account; Bob is told that there is news, and asks. */
async function askedAbout(account: string, change: (answer: LogAnswer) => unknown): Promise<void> {
	const { line } = story
	const asked = Promise.withResolvers<void>()
	line.lie({
		http: (path, answer) => {
			if (path !== `/accounts/${account}/log`) return answer
			asked.resolve()
			return change(answer as LogAnswer)
		},
	})
	line.tell({ t: 'account', account, from: 0, entries: [], head: '' })
	await asked.promise
	await story.lookedAt()
}

/** Carol still talks to Bob, from the device that he knows. */
async function carolTalks(): Promise<void> {
	const { carol, talk, bob } = story
	const text = `Carol says ${Math.random()}`
	expect(await carol.upload(talk.guid(), [await carol.item(talk, { text })])).toMatchObject([{ verdict: 'accept' }])
	await messagesUntil(bob.api, talk.id, (all) => all.some((one) => textOf(one) === text))
}

const headOf = (subject: Uint8Array<ArrayBuffer>, head: { seq: number; hash: Uint8Array<ArrayBuffer> }) =>
	toText(story.world.server.domain.instance.signHead({ subject, ...head }))

/** A real head, over the first entry alone: what comes after it the server could deny (LOG9). */
function headOfFirst(entries: readonly string[]): string {
	const first = decode(signedEntry, toBytes(entries[0] ?? ''))
	if (!first.ok || entries.length < 2) throw new Error('a log of several entries')
	const { hash } = story.carol.crypto
	return headOf(toBytes(story.bob.account), {
		seq: 0,
		hash: chainHash(hash, noHash, { seq: 0, body: first.value.body }),
	})
}

const lies: readonly Lie[] = [
	[
		'the log of Carol with an entry that no head covers',
		async () => {
			const { carol } = story
			const entry = await oneMoreDevice(story.carol)
			await askedAbout(carol.person.id, (answer) => ({
				...answer,
				log: { ...answer.log, entries: [...answer.log.entries, entryText(entry)] },
			}))
			await carolTalks()
		},
	],
	[
		'the log of Carol under a head by another key',
		async () => {
			const { carol } = story
			const entry = await oneMoreDevice(story.carol)
			await askedAbout(carol.person.id, ({ log, ...answer }) => {
				const head = toBytes(log.head)
				head[head.length - 1]! ^= 1
				return { ...answer, log: { from: 1, entries: [entryText(entry)], head: toText(head) } }
			})
			await carolTalks()
		},
	],
	[
		'the log of Carol with an entry that she did not sign, under a real head over it',
		async () => {
			const { carol } = story
			const { body, signatures } = await oneMoreDevice(carol)
			const forged = { body, signatures: signatures.map((one) => ({ ...one, signature: carol.crypto.random(64) })) }
			const { idHash, head } = await carol.accountOf(carol.person.id)
			const hash = chainHash(carol.crypto.hash, head.hash, { seq: head.seq + 1, body })
			const over = headOf(idHash, { seq: head.seq + 1, hash })
			await askedAbout(carol.person.id, (answer) => ({
				...answer,
				log: { from: head.seq + 1, entries: [entryText(forged)], head: over },
			}))
			await carolTalks()
			expect((await friends()).find(({ account }) => account === carol.person.id)?.warning).toBe(null)
		},
	],
	[
		'the log of Alice as that of somebody else',
		async () => {
			const { alice, carol } = story
			const carols = await mustCall(carol.person.http.call((api) => api.accounts.log({ account: carol.person.id })))
			await askedAbout(alice.account, () => carols)
			expect((await friends()).find(({ account }) => account === alice.account)?.displayName).toBe('Alice')
		},
	],
	[
		'another name of Alice: signed by nobody, by Carol, for Carol',
		async () => {
			const { alice, carol } = story
			const { device } = carol.person
			const forged = await profileOf(
				carol.crypto,
				{ idHash: toBytes(alice.account), device },
				'Not Alice',
				Date.now() + 1000,
			)
			const carols = await profileOf(carol.crypto, carol.person.account, 'Carol the Alice', Date.now() + 1000)
			for (const profile of ['AAAA', forged, carols])
				await askedAbout(alice.account, (answer) => ({ ...answer, profile }))
			expect((await friends()).find(({ account }) => account === alice.account)?.displayName).toBe('Alice')
		},
	],
	[
		'another key of a friend: no conversation is sealed to it, and he is told',
		async () => {
			const { line, bob, world, carol } = story
			const dave = await Mallory.signUp(world.server, 'dave', await inviteFrom(story.alice))
			must(await bob.api.requestFriend({ name: 'dave' }))
			line.lie({
				http: (path, answer) =>
					path === `/accounts/${dave.person.id}/log`
						? { ...(answer as LogAnswer), ak: { g: 0, key: toText(carol.person.account.kemKeys[0]!) } }
						: answer,
			})
			await dave.accepts(bob.account)
			await until(bob.api, {
				...{ view: 'friends', of: null },
				is: (all) => all.some(({ account, state }) => account === dave.person.id && state === 'accepted'),
			})
			expect(refusal(await bob.api.openDirect({ account: dave.person.id }))).toEqual({
				type: 'not-verified',
				what: 'account-log',
			})
		},
	],
	[
		'a stranger as a friend, without what both signed',
		async () => {
			const { line, world } = story
			const eve = await Mallory.signUp(world.server, 'eve', await inviteFrom(story.alice))
			line.lie({
				http: (path, answer) => {
					if (path !== '/friends') return answer
					const list = answer as { friends: object[] }
					const made = {
						account: eve.person.id,
						name: 'eve',
						state: 'accepted',
						since: 1,
						closing: null,
						profile: null,
					}
					return { ...list, friends: [...list.friends, { ...made, request: 'AAAA', accept: 'AAAA' }] }
				},
			})
			line.tell({ t: 'friends' })
			await story.lookedAt()
			expect((await friends()).map(({ account }) => account)).not.toContain(eve.person.id)
		},
	],
	[
		'settings of his own that he did not make: altered, of another time, by another signature, of another name',
		async () => {
			const { bob, line, carol } = story
			must(await bob.api.setPrivacy({ receipts: false }))
			const before = await until(bob.api, { view: 'privacy', of: null, is: (privacy) => privacy?.receipts === false })
			const asked = Promise.withResolvers<void>()
			const spoilt = (text: string): string[] => {
				const entry = decode(signedAccountEntry, toBytes(text))
				if (!entry.ok) throw new Error('an entry')
				const later = { ...entry.value, hlc: entry.value.hlc + 1n }
				const { random } = carol.crypto
				const changed = [
					later,
					{ ...later, ct: later.ct.map((byte) => byte ^ 1) },
					{ ...later, signature: random(64) },
					{ ...later, name: random(16) },
					{ ...later, idHash: random(32) },
					{ ...later, device: carol.deviceId },
				]
				return ['AAAA', ...changed.map((one) => toText(encode(signedAccountEntry, one)))]
			}
			const { entries } = await story.world.server.domain.accountEntries.since(
				{ account: toBytes(bob.account) } as Access,
				0,
			)
			const real = entries.map(toText)
			expect(real.length).toBeGreaterThan(0)
			line.lie({
				http: (path, answer) => {
					if (path !== '/account/entries') return answer
					asked.resolve()
					return { ...(answer as object), entries: real.flatMap(spoilt) }
				},
			})
			line.tell({ t: 'entries' })
			await asked.promise
			await story.lookedAt()
			expect(await now(bob.api, 'privacy', null)).toEqual(before)
			must(await bob.api.setPrivacy({ receipts: true }))
		},
	],
	[
		'presence of strangers: nobody is shown who is no friend',
		async () => {
			const { line, carol } = story
			const eve = toText(carol.crypto.random(32))
			const people = [{ account: eve, state: 'online' as const, lastSeen: null }]
			line.tell({ t: 'presence', whole: false, people })
			await story.lookedAt()
			expect((await friends()).map(({ account }) => account)).not.toContain(eve)
			const chats = await now(story.bob.api, 'chats', null)
			expect(chats.map(({ person }) => person.account)).not.toContain(eve)
		},
	],
	[
		'a new key of the conversation with Carol under a head that does not cover it, of nobody, of another log',
		async () => {
			const { carol, talk, line, bob } = story
			const { device } = carol.person
			const members = await Promise.all([carol.person.id, bob.account].map((account) => carol.target(account)))
			const author = { idHash: carol.person.account.idHash, device, now: Date.now() }
			const input = { conversation: talk.state.id, base: talk.state.head, n: 2, members, previous: talk.key, moved: [] }
			const rotated = async () => (await rotateEntry(carol.crypto, author, input)).rotate
			const push = (entries: readonly SignedEntry[], from: number, head: string) =>
				line.tell({
					t: 'conversation',
					conversation: talk.id,
					from,
					entries: entries.map(entryText),
					head,
				} as HubFromServer)
			// Not over the last entry, by another key, of another conversation.
			push([await rotated()], 2, headOf(padConversationId(talk.state.id), talk.state.head))
			push([await rotated()], 2, 'AAAA')
			push([await rotated()], 2, headOf(padConversationId(toBytes(story.conversation)), talk.state.head))
			await story.lookedAt()
			await carolTalks()
		},
	],
	[
		'a conversation of others as his own',
		async () => {
			const { carol, line, world } = story
			const frank = await Mallory.signUp(world.server, 'frank', await inviteFrom(story.alice))
			await befriend(carol.person, frank.person)
			const conversation = await carol.opens(frank.person.id)
			const { log } = await mustCall(frank.person.http.call((api) => api.conversations.log({ conversation })))
			line.tell({ t: 'conversation', conversation, ...log })
			await story.lookedAt()
			expect((await now(story.bob.api, 'chats', null)).map((chat) => chat.conversation)).not.toContain(conversation)
		},
	],
	[
		'marks that nobody set: altered, of the other kind, of another member, of another conversation',
		async () => {
			const { carol, talk, line, bob, alice, conversation } = story
			must(await bob.api.post({ conversation: talk.id, text: 'not read' }))
			await messagesUntil(bob.api, talk.id, (all) =>
				all.some((one) => textOf(one) === 'not read' && one.mark === 'sent'),
			)
			const by = { epoch: talk.keys, device: carol.person.device }
			const input = {
				idHash: carol.person.account.idHash,
				kind: 'delivered',
				hlc: hlcOf(Date.now()),
				recvSeq: 99,
			} as const
			const real = await sealMarker(carol.crypto, by, input)
			const spoilt = [
				{ ...real, kind: 'read' as const },
				{ ...real, hlc: hlcOf(Date.now() + 1) },
				{ ...real, ct: real.ct.map((byte) => byte ^ 1) },
				{ ...real, signature: carol.crypto.random(64) },
			].map((marker) => ({
				conversation: talk.id,
				account: carol.person.id,
				marker: toText(encode(signedMarker, marker)),
			}))
			const whole = toText(encode(signedMarker, real))
			const others = [
				{ conversation: talk.id, account: bob.account, marker: whole },
				{ conversation, account: alice.account, marker: whole },
				{ conversation, account: carol.person.id, marker: whole },
				{ conversation: talk.id, account: carol.person.id, marker: 'AAAA' },
			]
			for (const marker of [...spoilt, ...others]) line.tell({ t: 'marker', ...marker })
			await story.lookedAt()
			const seen = await messagesUntil(bob.api, talk.id, () => true)
			expect(seen.find((one) => textOf(one) === 'not read')?.mark).toBe('sent')
		},
	],
	[
		'that somebody types: what nobody sealed, and what was sealed for another clientID',
		async () => {
			const { alice, line, bob, conversation } = story
			const heard = () =>
				line.said.flatMap(({ guid, message }) =>
					message.type === 'awareness' && guid.includes(conversation)
						? message.states.filter(({ state }) => state.includes('"v"')).map((state) => ({ guid, state }))
						: [],
				)
			const before = heard().length
			must(await alice.api.setTyping({ conversation, typing: true }))
			await until(bob.api, { view: 'conversation', of: conversation, is: (view) => (view?.typing.length ?? 0) > 0 })
			must(await alice.api.setTyping({ conversation, typing: false }))
			await until(bob.api, { view: 'conversation', of: conversation, is: (view) => view?.typing.length === 0 })
			const { guid, state: hers } = heard()[before]!
			const states = [
				{ ...hers, clientId: hers.clientId + 1 },
				{ clientId: 77, clock: 1, state: '{"v":"AAAA"}' },
				{ clientId: 78, clock: 1, state: '{"typing":true}' },
				{ clientId: 79, clock: 1, state: hers.state.replace(/.{8}"}$/, 'AAAAAAAA"}') },
			]
			line.page({ guid, message: { type: 'awareness', states }, recv: [] })
			await story.lookedAt()
			expect((await now(bob.api, 'conversation', conversation))?.typing).toEqual([])
		},
	],
	[
		'a box of another key: he reads nothing, is told why, and reads it all when the right one comes',
		async () => {
			const { api, line } = await story.newDevice({
				http: (path, answer) => {
					if (!/^\/conversations\/[^/]+\/log$/.test(path)) return answer
					const log = answer as { boxes: { box: string }[] }
					return { ...log, boxes: log.boxes.map((one) => ({ ...one, box: `${one.box.slice(0, -8)}AAAAAAAA` })) }
				},
			})
			must(await api.signIn({ name: 'bob', password: story.bob.password }))
			const view = await until(api, {
				...{ view: 'conversation', of: story.conversation },
				is: (value) => value?.writable.type === 'no' && value.writable.why === 'preparing' && value.messages.length > 0,
			})
			expect(new Set(view?.messages.map(({ content }) => JSON.stringify(content)))).toEqual(
				new Set([JSON.stringify({ type: 'unreadable', why: 'fetching-key' })]),
			)
			line.truth()
			await until(api, { view: 'conversation', of: story.conversation, is: (value) => value?.writable.type === 'yes' })
			await messagesUntil(api, story.conversation, (all) => all.every(({ content }) => content.type === 'text'))
			await api.close()
		},
	],
	...(
		[
			['vault', (bundle: Bundle) => ({ ...bundle, vault: `${bundle.vault.slice(0, -8)}AAAAAAAA` })],
			[
				'bind',
				(bundle: Bundle) => ({ ...bundle, binds: bundle.binds.map((one) => ({ ...one, bind: 'A'.repeat(43) })) }),
			],
			['bind', (bundle: Bundle) => ({ ...bundle, account: story.alice.account })],
			[
				'account-log',
				(bundle: Bundle) => ({ ...bundle, log: { ...bundle.log, entries: bundle.log.entries.slice(0, 1) } }),
			],
			[
				'account-log',
				(bundle: Bundle) => ({ ...bundle, log: { ...bundle.log, head: headOfFirst(bundle.log.entries) } }),
			],
			[
				'vault',
				(bundle: Bundle) => ({
					...bundle,
					vkBoxes: bundle.vkBoxes.map((one) => ({ ...one, box: bundle.vkBoxes[0]!.box.replace(/.$/, 'A') })),
				}),
			],
		] as const
	).map(([what, change], i): Lie => [
		`to a new device, another ${what} (${i}): it is not let in, and says what does not verify`,
		async () => {
			const { api } = await story.newDevice({
				http: (path, answer) =>
					path === '/auth/login/finish'
						? { ...(answer as object), bundle: change((answer as { bundle: Bundle }).bundle) }
						: answer,
			})
			const refused = refusal(await api.signIn({ name: 'bob', password: story.bob.password }))
			expect(refused).toEqual({ type: 'not-verified', what })
			expect((await now(api, 'session', null)).type).toBe('signed-out')
			await api.close()
		},
	]),
]

interface Bundle {
	account: string
	log: { entries: readonly string[]; head: string }
	binds: { method: string; bind: string }[]
	vkBoxes: { recipient: string; vkGen: number; box: string }[]
	vault: string
}

liesAre(lies)
