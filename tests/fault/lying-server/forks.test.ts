/**
 * A server that shows Bob one history and others another, each valid and under heads that it signed itself: he stops
 * sending there, keeps the proof and what he has, and goes on with everybody else (SPEC LOG14).
 */
import { expect, onTestFinished, test } from 'vitest'
import type { ConversationView, FriendView, KithApi } from '#core/api.ts'
import { createDirect, rotateEntry } from '#crypto/conversation-builder.ts'
import { encode } from '#protocol/codec.ts'
import { padConversationId } from '#protocol/ids.ts'
import { chainHash, noHash, signedEntry, type LogHead, type SignedEntry } from '#protocol/log-entry.ts'
import { nodeHash } from '#server/node-crypto.ts'
import { liedTo, type LiedTo } from '#tests/support/fault/lied-to.ts'
import { boxForms, Mallory } from '#tests/support/fault/mallory.ts'
import { briefs } from '#tests/support/alerts.ts'
import { must as mustCall, toText } from '#tests/support/http-person.ts'
import { messagesUntil, must, now, refusal, textOf, until } from '#tests/support/watching.ts'
import { inviteFrom } from '#tests/support/world.ts'
import { oneMoreDevice } from './one-more-device.ts'

const patience = { timeout: 120_000 }
const entryText = (entry: SignedEntry) => toText(encode(signedEntry, entry))

async function story(): Promise<LiedTo> {
	const told = await liedTo()
	onTestFinished(() => told.close())
	return told
}

/** The head of the log that has `entries` after `before`, signed by the server's own key. */
function signed({ world }: LiedTo, subject: Uint8Array<ArrayBuffer>, branch: readonly SignedEntry[], before?: LogHead) {
	let head = before ?? { seq: -1, hash: noHash }
	for (const { body } of branch) {
		const seq = head.seq + 1
		head = { seq, hash: chainHash(nodeHash, head.hash, { seq, body }) }
	}
	return toText(world.server.domain.instance.signHead({ subject, ...head }))
}

async function members({ carol, bob }: LiedTo) {
	const [hers, his] = await Promise.all([carol.person.id, bob.account].map((account) => carol.target(account)))
	return [hers!, his!] as const
}

const byCarol = ({ carol }: LiedTo) => ({
	...{ idHash: carol.person.account.idHash, device: carol.person.device },
	now: Date.now(),
})

/** A new key of Carol's and Bob's conversation, each time another one. */
async function rotated(told: LiedTo) {
	const { talk, carol } = told
	const input = { conversation: talk.state.id, base: talk.state.head, n: 2, previous: talk.key, moved: [] }
	return rotateEntry(carol.crypto, byCarol(told), { ...input, members: await members(told) })
}

const stopped = (api: KithApi, of: string) =>
	until(api, { view: 'conversation', of, is: (view): view is ConversationView => why(view) === 'forked' })

function why(view: ConversationView | null): string | null {
	return view?.writable.type === 'no' ? view.writable.why : null
}

/** Bob writes to Carol, and nothing of it leaves; he and Alice talk on; after a restart all is as it was. */
async function sendsNothing(told: LiedTo): Promise<void> {
	const { carol, talk, bob } = told
	const before = (await carol.rows(talk)).length
	must(await bob.api.post({ conversation: talk.id, text: 'for Carol alone' }))
	await told.lookedAt()
	await told.afterwards()
	const text = 'Carol talks on'
	expect(await carol.upload(talk.guid(), [await carol.item(talk, { text })])).toMatchObject([{ verdict: 'accept' }])
	await messagesUntil(bob.api, talk.id, (all) => all.some((one) => textOf(one) === text))
	const again = await told.reopened()
	const view = await stopped(again, talk.id)
	expect(view.messages.find((one) => textOf(one) === 'for Carol alone')?.mark).toBe('queued')
	must(await again.post({ conversation: told.conversation, text: 'for Alice' }))
	await messagesUntil(told.alice.api, told.conversation, (all) => all.some((one) => textOf(one) === 'for Alice'))
	expect((await carol.rows(talk)).length).toBe(before + 1)
}

test('[LOG14][F3] another beginning of a conversation, as long as that which he knows', patience, async () => {
	const told = await story()
	const { carol, talk, line, bob } = told
	const { create, rotate } = await createDirect(carol.crypto, byCarol(told), await members(told))
	const head = signed(told, padConversationId(talk.state.id), [create, rotate])
	expect(why(await now(bob.api, 'conversation', talk.id))).toBe(null)
	line.tell({ t: 'conversation', conversation: talk.id, from: 0, entries: [create, rotate].map(entryText), head })
	await stopped(bob.api, talk.id)
	await sendsNothing(told)
})

test('[LOG14][F3] a new key that nobody else was shown', patience, async () => {
	const told = await story()
	const { carol, talk, line, bob } = told
	const [shown, real] = [await rotated(told), await rotated(told)]
	const head = signed(told, padConversationId(talk.state.id), [shown.rotate], talk.state.head)
	line.tell({ t: 'conversation', conversation: talk.id, from: 2, entries: [entryText(shown.rotate)], head })
	await until(bob.api, { view: 'conversation', of: talk.id, is: (view) => why(view) === 'preparing' })
	const form = { conversation: talk.id, entry: entryText(real.rotate), boxes: boxForms(real.boxes) }
	await mustCall(carol.person.http.call((api) => api.conversations.append(form)))
	await stopped(bob.api, talk.id)
})

/** Two histories of an account, one after the other, each whole and under a real head over it. */
async function forked(told: LiedTo, who: Mallory): Promise<void> {
	const { line } = told
	const account = who.person.id
	const { idHash } = who.person.account
	const known = await who.accountOf(account)
	for (const entry of [await oneMoreDevice(who), await oneMoreDevice(who)]) {
		const asked = Promise.withResolvers<void>()
		line.lie({
			http: (path, answer, query) => {
				if (path !== `/accounts/${account}/log`) return answer
				asked.resolve()
				const { entries } = (answer as { log: { entries: readonly string[] } }).log
				const from = Number(query.get('from') ?? 0)
				const branch = from === 0 ? [...entries, entryText(entry)] : from === 1 ? [entryText(entry)] : []
				const head = signed(told, idHash, [entry], known.head)
				return { ...(answer as object), log: { from, entries: branch, head } }
			},
		})
		line.tell({ t: 'account', account, from: 0, entries: [], head: '' })
		await asked.promise
		await told.lookedAt()
	}
}

const warnings = async ({ bob }: LiedTo) =>
	(await now(bob.api, 'friends', null)).map(({ name, warning }) => [name, warning]).sort()

test('[LOG14][F3] another history of a friend’s account: he is told so by name', patience, async () => {
	const told = await story()
	const { carol, bob, talk } = told
	await forked(told, carol)
	await stopped(bob.api, talk.id)
	expect(await warnings(told)).toEqual([
		['alice', null],
		['carol', 'forked'],
	])
	await sendsNothing(told)
})

test(
	'[LOG14][F3] another history of a friend with whom he has not talked: no conversation is begun',
	patience,
	async () => {
		const told = await story()
		const { world, bob, alice } = told
		const dave = await Mallory.signUp(world.server, 'dave', await inviteFrom(alice))
		must(await bob.api.requestFriend({ name: 'dave' }))
		await dave.accepts(bob.account)
		const isFriend = (all: readonly FriendView[]) =>
			all.some(({ name, state }) => name === 'dave' && state === 'accepted')
		await until(bob.api, { view: 'friends', of: null, is: isFriend })
		await forked(told, dave)
		await until(bob.api, { view: 'friends', of: null, is: (all) => all.some(({ warning }) => warning === 'forked') })
		await until(bob.api, { view: 'alerts', of: null, is: (view) => briefs(view).includes('*identity dave') })
		told.line.lie({})
		const notVerified = { type: 'not-verified', what: 'account-log' }
		expect(refusal(await bob.api.openDirect({ account: dave.person.id }))).toEqual(notVerified)
		const members = [{ account: dave.person.id, role: 'member' }] as const
		const policy = { history: 'shared', invite: 'admins', knock: 'no' } as const
		const group = { kind: 'group', name: 'Hikers', topic: '', members, ...policy } as const
		expect(refusal(await bob.api.createGroup(group))).toEqual(notVerified)
		await told.afterwards()
	},
)
