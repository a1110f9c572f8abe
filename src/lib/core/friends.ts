/**
 * Friendships: what two accounts signed about each other, as the server tells it and as we can check it. A row whose
 * signature does not verify is left out. Who is added gets pinned: by link as verified, else on first use.
 */
import type { Crypto } from '#crypto/suite.ts'
import { standingOf } from '#protocol/account-lookups.ts'
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { encodeFriendBody, requestHash, signedFriendStep, type FriendBody } from '#protocol/friendship.ts'
import { idToText, serverIdOf, textToId } from '#protocol/ids.ts'
import { hlcOf } from '#protocol/hlc.ts'
import type { LinkFragmentOf } from '#protocol/link.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { friendKey } from '#store/keys.ts'
import type { Storage } from '#store/storage.ts'
import type { CallError, HttpClient } from '#sync/http-client.ts'
import { friendRow, type FriendRow } from './account-rows.ts'
import type { KnownAccounts } from './accounts.ts'
import type { AccountId, FriendView, KithError } from './api.ts'
import type { Forks } from './forks.ts'
import { isProven, isSpent, requestOf, type ToldFriend } from './friend-proofs.ts'
import { toKithError } from './http-errors.ts'
import type { Friends, Self, ServerTime } from './identity.ts'
import { withPin, withUnseenPin, type Pin } from './pins.ts'
import { createQueue } from './queue.ts'
import type { Records } from './records.ts'
import type { VaultKeeper } from './vault-keeper.ts'

export interface KnownFriends extends Friends {
	readonly restore: () => Promise<void>
	readonly views: () => readonly Omit<FriendView, 'conversation'>[]
	/** Who asked whom; null where nobody did. */
	readonly askerOf: (account: AccountId) => 'us' | 'them' | null
	readonly decline: (account: AccountId) => Promise<Result<null, KithError>>
	readonly cancel: (account: AccountId) => Promise<Result<null, KithError>>
	readonly end: (account: AccountId) => Promise<Result<null, KithError>>
	readonly block: (account: AccountId) => Promise<Result<null, KithError>>
	readonly unblock: (account: AccountId) => Promise<Result<null, KithError>>
}

export interface FriendsDeps {
	readonly records: Records
	readonly storage: Storage
	readonly crypto: Crypto
	readonly http: HttpClient
	readonly self: Self
	readonly time: ServerTime
	readonly accounts: KnownAccounts
	readonly forks: Forks
	readonly vault: VaultKeeper
}

export function createFriends(deps: FriendsDeps): KnownFriends {
	const { records, storage, crypto, http, self, time, accounts, forks, vault } = deps
	const rows = new Map<AccountId, FriendRow>()
	const listeners = new Set<() => void>()
	const queue = createQueue()
	/** Of the server's newest answer. */
	let version = 0
	const server = serverIdOf(crypto.hash, self.serverKey)

	const told = () => {
		for (const listener of listeners) listener()
	}

	async function sign(body: FriendBody): Promise<string> {
		const signature = await self.keys.signing.sign('friend', encodeFriendBody(body))
		return bytesToBase64url(encode(signedFriendStep, { body, signature }))
	}

	const parties = (to: Bytes) => ({
		server,
		from: self.idHash,
		to,
		device: self.deviceId,
		time: time.now(),
		random: crypto.random(16),
	})

	const proof = { crypto, self, accounts, server }

	/** Null: not borne out by signatures. */
	async function toRow(friend: ToldFriend): Promise<Result<FriendRow | null, KithError>> {
		const { account, name, state, since } = friend
		const request = friend.request === null ? new Uint8Array() : base64urlToBytes(friend.request)
		if (request === null || isSpent(friend, rows.get(account))) return ok(null)
		const proven = await isProven(proof, friend)
		if (!proven.ok) return proven
		return ok(proven.value ? { name, state, since, request } : null)
	}

	/**
	 * What changed since the last answer; all of it after a start. Where a signature cannot be checked now, the row stays as
	 * it was, and is asked for again.
	 */
	async function ask(): Promise<void> {
		const answer = await http.call((api) => api.friends.list({ since: version }))
		if (!answer.ok) return
		const { friends, gone, whole } = answer.value
		const next = new Map(whole ? [] : rows)
		for (const account of gone) next.delete(account)
		let isComplete = true
		for (const friend of friends) {
			const row = await toRow(friend)
			const kept = row.ok ? row.value : (rows.get(friend.account) ?? null)
			isComplete &&= row.ok
			if (kept === null) next.delete(friend.account)
			else next.set(friend.account, kept)
			await accounts.takeProfile(friend.account, friend.profile)
		}
		await keep(next)
		if (isComplete) version = answer.value.version
		for (const { account, state } of friends) if (state === 'accepted' && rows.has(account)) await pinFriend(account)
		told()
	}

	const refresh = () => queue.run('friends', ask)

	async function keep(next: ReadonlyMap<AccountId, FriendRow>): Promise<void> {
		const sealed = await Promise.all(
			[...next].map(([account, row]) => records.seal(friendRow, { store: 'friends', key: friendKey(account) }, row)),
		)
		await storage.transaction('write', ['friends'], async (tx) => {
			await tx.clear('friends')
			for (const { key, bytes } of sealed) await tx.put('friends', key, bytes)
		})
		rows.clear()
		for (const [account, row] of next) rows.set(account, row)
	}

	async function pinFriend(account: AccountId): Promise<void> {
		const state = await accounts.load(account)
		if (!state.ok) return
		const known = vault.plaintext().pins.find(({ idHash }) => equalBytes(idHash, state.value.idHash))
		if (known !== undefined && known.name !== '') return
		const { head, idHash } = state.value
		const name = accounts.person(account).displayName
		await putPin({ idHash, how: 'first-use', name, head: { seq: head.seq, hash16: head.hash.slice(0, 16) } })
	}

	function putPin(pin: Omit<Pin, 'hlc'>, add = withPin): Promise<Result<null, KithError>> {
		const next = { ...pin, hlc: hlcOf(time.now()) }
		return vault.update((plaintext) => ({ ...plaintext, pins: add(plaintext.pins, next) }))
	}

	/** Whoever is added by a link is pinned at once: from now on only a log that runs through the link's head counts. */
	async function pinLinked(link: LinkFragmentOf<'friend'>): Promise<Result<AccountId, KithError>> {
		if (!equalBytes(link.server, server)) return fail({ type: 'bad-link', reason: 'other-server' })
		const account = idToText(link.idHash)
		if (account === self.account) return fail({ type: 'server', code: 'yourself' })
		const head = await linkedHead(account, link)
		if (!head.ok) return head
		// Whom we cannot look at yet, the newest link speaks for: a wrong one would shut him out for ever.
		const add = head.value === 'unseen' ? withUnseenPin : withPin
		const pinned = await putPin({ idHash: link.idHash, how: 'link', name: '', head: link.head }, add)
		return pinned.ok ? ok(account) : pinned
	}

	/** The log of a stranger is not ours to see before he has accepted. A log that we see runs through the link's head. */
	async function linkedHead(
		account: AccountId,
		{ head }: LinkFragmentOf<'friend'>,
	): Promise<Result<'seen' | 'unseen', KithError>> {
		const known = accounts.known(account)
		const isShort = known === null || standingOf(known, head) === 'beyond'
		const asked = isShort ? await accounts.refresh(account) : null
		if (asked?.ok === false && asked.error.type === 'offline') return asked
		const state = asked?.ok === true ? asked.value : known
		if (state === null) return ok('unseen')
		return standingOf(state, head) === 'in' ? ok('seen') : fail({ type: 'bad-link', reason: 'log-forked' })
	}

	/** After every answer the list is the server's: also a refusal says that it was not what we thought. */
	async function settle(answer: Result<unknown, CallError>): Promise<Result<null, KithError>> {
		await refresh()
		return answer.ok ? ok(null) : fail(toKithError(answer.error))
	}

	/** Signs what answers, withdraws or ends the request that stands between us. */
	async function step(
		account: AccountId,
		type: Exclude<FriendBody['type'], 'request'>,
		send: (signed: string) => Promise<Result<unknown, CallError>>,
	): Promise<Result<null, KithError>> {
		const row = rows.get(account)
		const request = row === undefined ? null : requestOf(row)
		if (request === null) return fail({ type: 'server', code: type === 'end' ? 'not-friends' : 'no-request' })
		const other = equalBytes(request.from, self.idHash) ? request.to : request.from
		const signed = await sign({ type, ...parties(other), request: requestHash(crypto.hash, request) })
		return settle(await send(signed))
	}

	async function resolve(
		to: { name: string } | { link: LinkFragmentOf<'friend'> },
	): Promise<Result<AccountId, KithError>> {
		if ('link' in to) return pinLinked(to.link)
		const answer = await http.call((api) => api.friends.resolve({ name: to.name }))
		return answer.ok ? ok(answer.value.account) : fail(toKithError(answer.error))
	}

	function warningOf(account: AccountId, name: string): FriendView['warning'] {
		const known = accounts.known(account)
		if (known !== null && forks.of(known.idHash) !== null) return 'forked'
		const other = [...rows].find(([known, row]) => known !== account && row.name === name && row.state === 'accepted')
		return other === undefined ? null : 'new-identity'
	}

	return {
		stateOf: (account) => rows.get(account)?.state ?? null,
		incoming: () => [...rows].filter(([, { state }]) => state === 'incoming').map(([account]) => account),
		onChange: (listener) => {
			listeners.add(listener)
			return () => void listeners.delete(listener)
		},
		refresh,
		restore: async () => {
			for (const { key, value } of await records.all(friendRow, 'friends')) rows.set(key, value)
		},
		views: () =>
			[...rows]
				.filter(([, { state }]) => state !== 'cancelled')
				.map(([account, { name, state, since }]) => {
					const person = accounts.person(account)
					const displayName = accounts.known(account) === null ? name : person.displayName
					return { ...person, displayName, name, state, since, warning: warningOf(account, name) }
				}),
		askerOf: (account) => {
			const row = rows.get(account)
			const request = row === undefined ? null : requestOf(row)
			return request === null ? null : equalBytes(request.from, self.idHash) ? 'us' : 'them'
		},
		request: async (to) => {
			const account = await resolve(to)
			if (!account.ok) return account
			if (account.value === self.account) return fail({ type: 'server', code: 'yourself' })
			const idHash = textToId('account', account.value)
			if (idHash === null) return fail({ type: 'bad-link', reason: 'malformed' })
			const request = await sign({ type: 'request', ...parties(idHash) })
			const answer = await http.call((api) => api.friends.request({ account: account.value, request }))
			if (!answer.ok) return fail(toKithError(answer.error))
			await refresh()
			return ok({ account: account.value, state: answer.value.state })
		},
		accept: (account) =>
			step(account, 'accept', (signed) => http.call((api) => api.friends.accept({ account, accept: signed }))),
		cancel: (account) =>
			step(account, 'cancel', (signed) => http.call((api) => api.friends.cancel({ account, cancel: signed }))),
		end: (account) => step(account, 'end', (signed) => http.call((api) => api.friends.end({ account, end: signed }))),
		block: async (account) => {
			await refresh()
			const state = rows.get(account)?.state
			const block = (signed: string | null) => http.call((api) => api.friends.block({ account, step: signed }))
			if (state === 'accepted') return step(account, 'end', block)
			return state === 'outgoing' ? step(account, 'cancel', block) : settle(await block(null))
		},
		unblock: async (account) => settle(await http.call((api) => api.friends.unblock({ account }))),
		decline: async (account) => settle(await http.call((api) => api.friends.decline({ account }))),
	}
}
