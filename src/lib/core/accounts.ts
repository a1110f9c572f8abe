/**
 * Verified logs of accounts: the own one, friends', fellow members'. Nobody's keys or name are believed but from here.
 * An entry counts only under a head that the server signed over it; a profile only under a live device of its account.
 */
import { inBatches } from '#crypto/batches.ts'
import type { Crypto } from '#crypto/suite.ts'
import { appendAccountEntry, verifyAccountLog, type AccountState } from '#protocol/account-state.ts'
import { deviceOf, standingOf } from '#protocol/account-lookups.ts'
import { base64urlToBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import type { SignedHead } from '#protocol/head.ts'
import { idToText, textToId } from '#protocol/ids.ts'
import { ACCOUNTS_ASKED_MAX } from '#protocol/limits.ts'
import { signedEntry, type SignedEntry } from '#protocol/log-entry.ts'
import { encodeProfileBody, signedProfile, type SignedProfile } from '#protocol/profile.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import { accountKey, accountLogKey, keyToNumber, logRange } from '#store/keys.ts'
import type { Storage } from '#store/storage.ts'
import type { HttpClient } from '#sync/http-client.ts'
import { accountLogRow, personRow, type PersonRow, type ToldPerson } from './account-rows.ts'
import type { AccountId, KithError, PersonView, PresenceView } from './api.ts'
import { toKithError } from './http-errors.ts'
import { textsToEntries, textToSignedHead } from './log-texts.ts'
import type { Accounts, CheckHead, ToldLog } from './identity.ts'
import type { Forks } from './forks.ts'
import type { Pins } from './pins.ts'
import { createQueue } from './queue.ts'
import type { Records } from './records.ts'

export interface AccountsDeps {
	readonly records: Records
	readonly storage: Storage
	readonly crypto: Crypto
	readonly http: HttpClient
	readonly checkHead: CheckHead
	readonly pins: Pins
	readonly forks: Forks
	readonly presence: (account: AccountId) => PresenceView | null
	readonly failed: (where: string, error: unknown) => void
}

export interface KnownAccounts extends Accounts {
	readonly restore: () => Promise<void>
	/**
	 * A log that was verified elsewhere: the own one, at sign-up and sign-in, after `restore`. False where it is not the log
	 * that we know, or less of it.
	 */
	readonly adopt: (state: AccountState, entries: readonly SignedEntry[], person: ToldPerson) => Promise<boolean>
	/** A profile as it came with the friend list; kept when it is theirs and newer than ours. */
	readonly takeProfile: (account: AccountId, profile: string | null) => Promise<void>
}

interface Answer extends ToldLog {
	readonly name: string
	readonly bot?: boolean | undefined
	readonly profile: string | null
}

interface Kept {
	readonly account: AccountId
	/** Of the first entry. */
	readonly from: number
	readonly entries: readonly SignedEntry[]
	readonly person: PersonRow
}

/** Asked for one by one. */
const askedAlone = 8

export function createAccounts(deps: AccountsDeps): KnownAccounts {
	const { records, storage, crypto, http, pins } = deps
	const states = new Map<AccountId, AccountState>()
	const people = new Map<AccountId, PersonRow>()
	const listeners = new Set<(account: AccountId) => void>()
	const queue = createQueue()

	async function sealed({ account, from, entries, person }: Kept) {
		const rows = await Promise.all(
			entries.map((entry, i) =>
				records.seal(
					accountLogRow,
					{ store: 'accountLogs', key: accountLogKey(account, from + i) },
					{ entry: encode(signedEntry, entry) },
				),
			),
		)
		const row = await records.seal(personRow, { store: 'accounts', key: accountKey(account) }, person)
		return { account, person, rows, row }
	}

	async function keep(...kept: readonly Kept[]): Promise<void> {
		const all = await inBatches(kept, sealed)
		await storage.transaction('write', ['accountLogs', 'accounts'], async (tx) => {
			for (const { rows, row } of all) {
				for (const { key, bytes } of rows) await tx.put('accountLogs', key, bytes)
				await tx.put('accounts', row.key, row.bytes)
			}
		})
		for (const { account, person } of all) people.set(account, person)
	}

	async function extend(state: AccountState | null, entries: readonly SignedEntry[]): Promise<AccountState | null> {
		if (state === null) {
			const verified = await verifyAccountLog({ entries, hash: crypto.hash, verify: crypto.verify })
			return verified.ok ? verified.value : null
		}
		let last = state
		for (const entry of entries) {
			const next = await appendAccountEntry(last, entry, crypto)
			if (!next.ok) return null
			last = next.value
		}
		return last
	}

	/** Entries from the server under a signed head; null when they do not verify. */
	async function take(
		account: AccountId,
		log: Answer['log'],
	): Promise<{ state: AccountState; from: number; entries: SignedEntry[]; head: SignedHead } | null> {
		const before = states.get(account) ?? null
		const from = before === null ? 0 : before.head.seq + 1
		const entries = textsToEntries(log.entries.slice(Math.max(0, from - log.from)))
		const head = textToSignedHead(log.head)
		if (entries === null || head === null || log.from > from) return null
		const state = entries.length === 0 ? before : await extend(before, entries)
		if (state === null || idToText(state.idHash) !== account) return null
		const known = state.hashes[head.seq]
		if (known === undefined || !equalBytes(known, head.hash) || !(await deps.checkHead(head, state.idHash))) return null
		// Entries beyond the head are nobody's word: the server could deny that it ever gave them out (SPEC LOG9).
		const isCovered = entries.length === 0 || head.seq === state.head.seq
		return isCovered && !pins.contradicts(state) ? { state, from, entries, head } : null
	}

	/** What was not taken may be another branch of the log that we know, which is worth a proof. */
	async function suspect(account: AccountId, log: Answer['log']): Promise<void> {
		const state = states.get(account)
		const theirs = textToSignedHead(log.head)
		if (state === undefined || theirs === null) return
		await deps.forks.look({
			...{ subject: state.idHash, hashes: state.hashes, ours: people.get(account)?.head ?? null, theirs },
			entries: () => storedEntries(account),
			branch: async () => {
				const answer = await http.call((api) => api.accounts.log({ account, from: 0 }))
				return answer.ok ? textsToEntries(answer.value.log.entries) : null
			},
		})
	}

	/** The key must be the one whose hash the log names. */
	function akOf(state: AccountState, ak: Answer['ak']): PersonRow['ak'] {
		const key = base64urlToBytes(ak.key)
		if (key === null || ak.g !== state.ak.g || !equalBytes(crypto.hash(key), state.ak.keyHash)) return null
		return { g: ak.g, key }
	}

	async function profileOf(state: AccountState, text: string | null): Promise<Bytes | null> {
		const raw = text === null ? null : base64urlToBytes(text)
		const profile = raw === null ? null : decode(signedProfile, raw)
		if (profile?.ok !== true || !equalBytes(profile.value.idHash, state.idHash)) return null
		const device = deviceOf(state, profile.value.device)
		if (device === null || device.revokedAt !== null) return null
		const claim = claimOver(crypto.hash, 'profile', {
			key: device.signingKey,
			body: encodeProfileBody(profile.value),
			signature: profile.value.signature,
		})
		return (await crypto.verify([claim]))[0] === true ? raw : null
	}

	/** What an answer tells that holds; null where its log does not. */
	async function learn(account: AccountId, answer: Answer): Promise<(Kept & { readonly state: AccountState }) | null> {
		const taken = await take(account, answer.log)
		if (taken === null) return null
		const before = people.get(account) ?? null
		const profile = await profileOf(taken.state, answer.profile)
		const person: PersonRow = {
			name: answer.name,
			ak: akOf(taken.state, answer.ak) ?? before?.ak ?? null,
			profile: profile !== null && isNewer(profile, before?.profile ?? null) ? profile : (before?.profile ?? null),
			head: isFurther(taken.head, before?.head ?? null) ? taken.head : (before?.head ?? null),
			bot: answer.bot === true,
		}
		return { account, from: taken.from, entries: taken.entries, person, state: taken.state }
	}

	async function ask(account: AccountId): Promise<Result<AccountState, KithError>> {
		const from = (states.get(account)?.head.seq ?? -1) + 1
		const answer = await http.call((api) => api.accounts.log({ account, from }))
		return answer.ok ? hear(account, answer.value) : fail(toKithError(answer.error))
	}

	async function hear(account: AccountId, answer: Answer): Promise<Result<AccountState, KithError>> {
		const learnt = await learn(account, answer)
		if (learnt === null) {
			await suspect(account, answer.log)
			return fail({ type: 'not-verified', what: 'account-log' })
		}
		const before = people.get(account) ?? null
		if (learnt.entries.length === 0 && before !== null && isSamePerson(before, learnt.person)) return ok(learnt.state)
		await keep(learnt)
		states.set(account, learnt.state)
		for (const listener of listeners) listener(account)
		return ok(learnt.state)
	}

	/** Of strangers, together. Who is not told of, or whose log does not hold, stays one: whoever needs him asks by himself. */
	async function askAll(accounts: readonly AccountId[]): Promise<void> {
		const answer = await http.call((api) => api.accounts.logs({ accounts: [...accounts] }))
		if (!answer.ok) return
		const asked = new Set(accounts)
		const told = answer.value.accounts.filter(({ account }) => asked.delete(account))
		const learnt = await inBatches(told, ({ account, ...about }) => learn(account, about))
		// Whoever was met meanwhile, alone, is known as well as here.
		const strangers = learnt.filter((one) => one !== null).filter(({ account }) => !states.has(account))
		await keep(...strangers)
		for (const { account, state } of strangers) if (!states.has(account)) states.set(account, state)
		for (const { account } of strangers) for (const listener of listeners) listener(account)
	}

	async function storedEntries(account: AccountId): Promise<SignedEntry[]> {
		const rows = await records.all(accountLogRow, 'accountLogs', logRange(account))
		return rows
			.toSorted((a, b) => keyToNumber(a.key) - keyToNumber(b.key))
			.flatMap(({ value }) => {
				const entry = decode(signedEntry, value.entry)
				return entry.ok ? [entry.value] : []
			})
	}

	async function restoreOne(account: AccountId, person: PersonRow): Promise<void> {
		const entries = await storedEntries(account)
		const state = entries.length === 0 ? null : await extend(null, entries)
		if (state === null || idToText(state.idHash) !== account) return
		states.set(account, state)
		people.set(account, person)
	}

	const refresh = (account: AccountId) => queue.run(account, () => ask(account))

	return {
		known: (account) => states.get(account) ?? null,
		load: async (account) => {
			const known = states.get(account)
			return known === undefined ? refresh(account) : ok(known)
		},
		loadAll: async (accounts) => {
			const strangers = [...new Set(accounts)].filter((account) => !states.has(account))
			// So few are as soon asked one beside the other.
			if (strangers.length > askedAlone) {
				for (let start = 0; start < strangers.length; start += ACCOUNTS_ASKED_MAX)
					await askAll(strangers.slice(start, start + ACCOUNTS_ASKED_MAX))
			}
			await inBatches(
				strangers.filter((account) => !states.has(account)),
				refresh,
			)
		},
		refresh,
		told: (account, told) =>
			queue.run(account, async () => {
				const person = people.get(account)
				if (person !== undefined) await hear(account, { ...person, ...told, profile: null })
			}),
		kept: async (account) => ({ entries: await storedEntries(account), person: people.get(account) ?? null }),
		boxKey: async (account) => {
			const state = states.get(account)
			const known = people.get(account)?.ak ?? null
			if (state !== undefined && known !== null && known.g === state.ak.g) return ok(known)
			const asked = await refresh(account)
			if (!asked.ok) return asked
			const ak = people.get(account)?.ak ?? null
			return ak === null || ak.g !== asked.value.ak.g ? fail({ type: 'not-verified', what: 'account-log' }) : ok(ak)
		},
		person: (account) => ({
			...personView(account, people.get(account) ?? null, pins),
			presence: deps.presence(account),
		}),
		takeProfile: async (account, text) => {
			const state = states.get(account)
			const person = people.get(account)
			const profile = state === undefined ? null : await profileOf(state, text)
			if (person === undefined || profile === null || !isNewer(profile, person.profile)) return
			const next = { ...person, profile }
			await records.put(personRow, { store: 'accounts', key: accountKey(account) }, next)
			people.set(account, next)
			for (const listener of listeners) listener(account)
		},
		onChange: (listener) => {
			listeners.add(listener)
			return () => void listeners.delete(listener)
		},
		pushed: ({ account }) => {
			if (states.has(account)) void refresh(account).catch((error: unknown) => deps.failed('accounts', error))
		},
		restore: async () => {
			for (const { key, value } of await records.all(personRow, 'accounts')) await restoreOne(key, value)
		},
		adopt: async (state, entries, person) => {
			const account = idToText(state.idHash)
			const known = states.get(account)?.head ?? null
			const before = people.get(account) ?? null
			if (known !== null && standingOf(state, { seq: known.seq, hash16: known.hash.slice(0, 16) }) !== 'in')
				return false
			await keep({
				account,
				from: 0,
				entries,
				person: {
					name: person.name,
					ak: person.ak ?? before?.ak ?? null,
					profile: person.profile ?? before?.profile ?? null,
					head: before?.head ?? null,
					bot: before?.bot ?? false,
				},
			})
			states.set(account, state)
			return true
		},
	}
}

function decodeProfile(bytes: Bytes | null): SignedProfile | null {
	const profile = bytes === null ? null : decode(signedProfile, bytes)
	return profile?.ok === true ? profile.value : null
}

function isSamePerson(a: PersonRow, b: PersonRow): boolean {
	return equalBytes(encode(personRow, a), encode(personRow, b))
}

function isFurther(head: SignedHead, than: SignedHead | null): boolean {
	return than === null || head.seq >= than.seq
}

function isNewer(profile: Bytes, than: Bytes | null): boolean {
	return (decodeProfile(profile)?.hlc ?? 0n) > (decodeProfile(than)?.hlc ?? -1n)
}

/** The signed name, else the pinned one; the server's word only where there is nothing else. */
function personView(account: AccountId, person: PersonRow | null, pins: Pins): Omit<PersonView, 'presence'> {
	const idHash = textToId('account', account)
	const pin = idHash === null ? null : pins.of(idHash)
	const displayName = decodeProfile(person?.profile ?? null)?.name ?? (pin?.name || person?.name) ?? account.slice(0, 8)
	const marked = person?.bot === true ? { bot: true as const } : {}
	const verified = pin !== null && pin.how !== 'first-use'
	return { account, displayName, name: person?.name ?? '', verified, ...marked }
}
