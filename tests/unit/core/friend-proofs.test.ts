/** A lying server in front of an honest client: which friendships it cannot make up (SPEC FRD). */
import { beforeAll, describe, expect, test } from 'vitest'
import { isProven, isSpent, type ProofDeps, type ToldFriend } from '#core/friend-proofs.ts'
import type { FriendRow } from '#core/account-rows.ts'
import type { Self } from '#core/identity.ts'
import type { Crypto } from '#crypto/suite.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { encodeFriendBody, requestHash, signedFriendStep, type FriendBody } from '#protocol/friendship.ts'
import { fail, ok } from '#protocol/result.ts'
import { nodeHash, nodeVerify } from '../../support/crypto-ports.ts'
import { AccountStory, bytesOf } from '../../support/log-actors.ts'

const server = bytesOf('server', 32)
const [alice, bob, mallory] = ['alice', 'bob', 'mallory'].map((name) => new AccountStory(name)) as [
	AccountStory,
	AccountStory,
	AccountStory,
]
const idOf = ({ idHash }: AccountStory) => bytesToBase64url(idHash)
let deps: ProofDeps
let deaf: ProofDeps

beforeAll(async () => {
	const states = new Map(
		await Promise.all([alice, bob, mallory].map(async (story) => [idOf(story), await story.state()] as const)),
	)
	const self = { account: idOf(alice), idHash: alice.idHash } as Self
	const crypto = { hash: nodeHash, verify: nodeVerify } as unknown as Crypto
	const load = async (account: string) => ok(states.get(account)!)
	deps = { crypto, self, server, accounts: { load } as unknown as ProofDeps['accounts'] }
	deaf = { ...deps, accounts: { load: async () => fail({ type: 'offline' }) } as unknown as ProofDeps['accounts'] }
})

let count = 0
type Named = { type: 'request' } | { type: 'accept' | 'end' | 'cancel'; request: FriendBody }

function step(
	from: AccountStory,
	to: AccountStory,
	named: Named,
	signer = from,
): { body: FriendBody; text: string; bytes: Bytes } {
	const parties = {
		server,
		from: from.idHash,
		to: to.idHash,
		device: from.laptop.deviceId,
		time: 1,
		random: bytesOf(`r${++count}`, 16),
	}
	const body: FriendBody =
		named.type === 'request'
			? { type: 'request', ...parties }
			: {
					type: named.type,
					...parties,
					request: requestHash(nodeHash, named.request as Extract<FriendBody, { type: 'request' }>),
				}
	const bytes = encode(signedFriendStep, { body, signature: signer.laptop.sign('friend', encodeFriendBody(body)) })
	return { body, bytes, text: bytesToBase64url(bytes) }
}

const told = (more: Partial<ToldFriend>): ToldFriend => ({
	...{
		account: idOf(bob),
		name: 'bob',
		since: 1,
		state: 'accepted',
		request: null,
		accept: null,
		closing: null,
		profile: null,
	},
	...more,
})
const proven = async (more: Partial<ToldFriend>, by = deps) => isProven(by, told(more))

describe('[FRD1] a friendship is believed', () => {
	test('[FRD2] by the accept of our own request, and of no other', async () => {
		const [request, other] = [step(alice, bob, { type: 'request' }), step(alice, bob, { type: 'request' })]
		const accept = step(bob, alice, { type: 'accept', request: request.body })
		expect(await proven({ request: request.text, accept: accept.text })).toEqual(ok(true))
		expect(await proven({ request: other.text, accept: accept.text })).toEqual(ok(false))
		expect(await proven({ request: request.text })).toEqual(ok(false))
		const forged = step(bob, alice, { type: 'accept', request: request.body }, mallory)
		expect(await proven({ request: request.text, accept: forged.text })).toEqual(ok(false))
		const own = step(alice, bob, { type: 'accept', request: request.body })
		expect(await proven({ request: request.text, accept: own.text })).toEqual(ok(false))
	})

	test('[FRD1] by their signed request, and not by one of others', async () => {
		const request = step(bob, alice, { type: 'request' })
		expect(await proven({ state: 'incoming', request: request.text })).toEqual(ok(true))
		expect(await proven({ state: 'incoming', request: step(bob, alice, { type: 'request' }, mallory).text })).toEqual(
			ok(false),
		)
		expect(await proven({ state: 'incoming', request: step(bob, mallory, { type: 'request' }).text })).toEqual(
			ok(false),
		)
		expect(await proven({ state: 'incoming', request: step(mallory, alice, { type: 'request' }).text })).toEqual(
			ok(false),
		)
	})

	test('[FRD3] accepted by the one who was asked: a request that waits is no friendship', async () => {
		const request = step(bob, alice, { type: 'request' })
		const accept = (by: AccountStory, to: AccountStory, signer = by) =>
			step(by, to, { type: 'accept', request: request.body }, signer).text
		expect(await proven({ request: request.text })).toEqual(ok(false))
		expect(await proven({ request: request.text, accept: accept(bob, alice) })).toEqual(ok(false))
		expect(await proven({ request: request.text, accept: accept(alice, bob, mallory) })).toEqual(ok(false))
		expect(await proven({ request: request.text, accept: accept(alice, bob) })).toEqual(ok(true))
	})

	test('[FRD1] after a request that we signed ourselves: nobody accepts what was never asked', async () => {
		const made = step(alice, bob, { type: 'request' }, bob)
		const accept = step(bob, alice, { type: 'accept', request: made.body }).text
		expect(await proven({ request: made.text, accept })).toEqual(ok(false))
		expect(await proven({ state: 'outgoing', request: made.text })).toEqual(ok(false))
		expect(await proven({ state: 'outgoing', request: step(alice, bob, { type: 'request' }).text })).toEqual(ok(true))
	})

	test('[FRD1] between us and the one under whom it is told, the way it is told', async () => {
		const toBob = step(alice, bob, { type: 'request' })
		const byMallory = step(mallory, alice, { type: 'accept', request: toBob.body }).text
		const asMallory = { account: idOf(mallory), name: 'mallory' }
		expect(await proven({ ...asMallory, request: toBob.text, accept: byMallory })).toEqual(ok(false))
		expect(await proven({ ...asMallory, state: 'outgoing', request: toBob.text })).toEqual(ok(false))
		expect(await proven({ state: 'incoming', request: toBob.text })).toEqual(ok(false))
		expect(await proven({ state: 'outgoing', request: step(bob, alice, { type: 'request' }).text })).toEqual(ok(false))
		expect(await proven({ account: 'no account', state: 'incoming', request: toBob.text })).toEqual(ok(false))
	})

	test('[FRD3] ended by either of the two, and by nobody else', async () => {
		const request = step(bob, alice, { type: 'request' })
		const closed = (closing: string | null) => proven({ state: 'ended', request: request.text, closing })
		expect(await closed(step(bob, alice, { type: 'end', request: request.body }).text)).toEqual(ok(true))
		expect(await closed(step(alice, bob, { type: 'end', request: request.body }).text)).toEqual(ok(true))
		expect(await closed(step(mallory, alice, { type: 'end', request: request.body }).text)).toEqual(ok(false))
		expect(await closed(step(bob, alice, { type: 'end', request: request.body }, mallory).text)).toEqual(ok(false))
		expect(await closed(step(bob, alice, { type: 'cancel', request: request.body }).text)).toEqual(ok(false))
		expect(await closed(null)).toEqual(ok(false))
	})

	test('[FRD1] not at all where it cannot be checked now', async () => {
		const request = step(bob, alice, { type: 'request' })
		expect(await proven({ state: 'incoming', request: request.text }, deaf)).toEqual(fail({ type: 'offline' }))
	})
})

test('[FRD4] what was ended or withdrawn does not come back under the same request', () => {
	const request = step(bob, alice, { type: 'request' })
	const again = step(bob, alice, { type: 'request' })
	const row = (state: FriendRow['state']): FriendRow => ({ name: 'bob', state, since: 1, request: request.bytes })
	for (const closed of ['ended', 'cancelled'] as const) {
		for (const state of ['incoming', 'outgoing', 'accepted'] as const) {
			expect(isSpent(told({ state, request: request.text }), row(closed))).toBe(true)
			expect(isSpent(told({ state, request: again.text }), row(closed))).toBe(false)
		}
		expect(isSpent(told({ state: 'ended', request: request.text }), row(closed))).toBe(false)
	}
	expect(isSpent(told({ request: request.text }), row('incoming'))).toBe(false)
	expect(isSpent(told({ request: request.text }), undefined)).toBe(false)
})
