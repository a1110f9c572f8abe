/**
 * The ways from signed out to signed in: sign-up, password, recovery code. Each ends with all that the store must hold
 * from then on, and has stored nothing itself.
 */
import { verifyAccountLog } from '#protocol/account-state.ts'
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { InstanceRow } from './account-rows.ts'
import type { KithError } from './api.ts'
import type { CoreDeps } from './deps.ts'
import type { ServerTime } from './identity.ts'
import type { Instance } from './instance.ts'
import type { Resident } from './resident.ts'
import type { Fresh } from './signed-in.ts'
import { signInByPassword, signInByRecoveryCode, type SignedIn, type SignInDeps } from './sign-in.ts'
import {
	makeAccount,
	prepareSignUp,
	submitAccount,
	wrongWords,
	type MadeAccount,
	type PreparedSignUp,
	type SignedUp,
	type SignUpInput,
} from './sign-up.ts'
import type { SessionAnswer } from './tokens.ts'

export interface Entered {
	readonly resident: Resident
	readonly fresh: Fresh
	readonly session: SessionAnswer
	/** The store goes on; else it is emptied first. */
	readonly resumed: boolean
}

export interface WaysIn {
	readonly prepareSignUp: (input: SignUpInput) => Promise<Result<PreparedSignUp, KithError>>
	readonly completeSignUp: (words: readonly [string, string]) => Promise<Result<Entered, KithError>>
	readonly signIn: (input: { name: string; password: string }) => Promise<Result<Entered, KithError>>
	readonly recover: (input: { name: string; code: string }) => Promise<Result<Entered, KithError>>
}

export interface WaysInDeps {
	readonly deps: CoreDeps
	/** Calls that carry no access token. */
	readonly http: HttpClient
	readonly time: ServerTime
	readonly instance: Instance
	/** Whose store this is. */
	readonly resident: () => Resident | null
}

export function createWaysIn({ deps, http, time, instance, resident }: WaysInDeps): WaysIn {
	const { crypto, opaque, transport } = deps
	const flow = { crypto, http, opaque, transport, now: time.now }
	let prepared: PreparedSignUp | null = null
	/** Sent, and no answer came: it may exist. */
	let unanswered: MadeAccount | null = null

	async function signIn(
		way: (signIn: SignInDeps, server: InstanceRow) => Promise<Result<SignedIn, KithError>>,
	): Promise<Result<Entered, KithError>> {
		const server = await instance.ask()
		if (!server.ok) return server
		const { serverKey } = server.value
		const known = resident()
		const here = known === null ? null : { idHash: known.row.idHash, keys: known.keys }
		const done = await way({ ...flow, serverKey, resident: here }, server.value)
		return done.ok ? ok(signedIn(done.value, serverKey)) : done
	}

	async function signedUp(
		{ created, session, profile }: SignedUp,
		as: { name: string; serverKey: Bytes },
	): Promise<Entered> {
		const { create, idHash, device, vaultKey, vault: sealed, plaintext } = created
		const verified = await verifyAccountLog({ entries: [create], hash: crypto.hash, verify: crypto.verify })
		if (!verified.ok || !equalBytes(verified.value.idHash, idHash))
			throw new Error('the own create entry does not verify')
		const { name, serverKey } = as
		return {
			resident: { row: { idHash, name, role: session.role, serverKey }, keys: device },
			fresh: {
				state: verified.value,
				entries: [create],
				person: { name, ...ownPerson(created, profile) },
				vault: { vaultKey, sealed, plaintext },
			},
			session,
			resumed: false,
		}
	}

	async function submit(
		made: MadeAccount,
		as: { name: string; serverKey: Bytes },
	): Promise<Result<Entered, KithError>> {
		const done = await submitAccount(flow, made)
		unanswered = !done.ok && done.error.type === 'offline' ? made : null
		return done.ok ? ok(await signedUp(done.value, as)) : done
	}

	/** The keys that went out with the request are those of the account, if the server made it. */
	async function asMade(
		{ created, profile }: MadeAccount,
		{ name, password }: PreparedSignUp,
		{ serverKey, stretching }: InstanceRow,
	): Promise<Result<Entered, KithError>> {
		const ready = { ...flow, serverKey, resident: { idHash: created.idHash, keys: created.device } }
		const done = await signInByPassword(ready, { name, password, stretching })
		if (!done.ok) return done
		const entered = signedIn(done.value, serverKey)
		const person = { ...entered.fresh.person, ...ownPerson(created, profile) }
		return ok({ ...entered, fresh: { ...entered.fresh, person }, resumed: false })
	}

	/**
	 * A request whose answer was lost goes out again as it was. A registration is good for one: where the server has taken this
	 * one, the account is there, and opens with what was typed.
	 */
	async function signUp(typed: PreparedSignUp, server: InstanceRow): Promise<Result<Entered, KithError>> {
		const as = { name: typed.name.toLowerCase(), serverKey: server.serverKey }
		const sent = unanswered
		if (sent !== null) {
			const again = await submit(sent, as)
			if (again.ok || again.error.type === 'offline') return again
			const entered = await asMade(sent, typed, server)
			const isNotThere = !entered.ok && entered.error.type === 'server' && entered.error.code === 'wrong-credentials'
			if (!isNotThere) {
				unanswered = entered.ok ? null : sent
				return entered
			}
		}
		const made = await makeAccount(flow, typed, server.stretching)
		return made.ok ? submit(made.value, as) : made
	}

	return {
		prepareSignUp: async (input) => {
			const server = await instance.ask()
			if (!server.ok) return server
			const result = await prepareSignUp(flow, input)
			prepared = result.ok ? result.value : null
			unanswered = null
			return result
		},
		completeSignUp: async (words) => {
			const server = await instance.ask()
			if (prepared === null) return fail({ type: 'server', code: 'login-expired' })
			if (!server.ok) return server
			const wrong = wrongWords(prepared, words)
			if (wrong.length > 0) return fail({ type: 'wrong-words', positions: wrong })
			const done = await signUp(prepared, server.value)
			if (done.ok) prepared = null
			return done
		},
		signIn: ({ name, password }) =>
			signIn((ready, { stretching }) => signInByPassword(ready, { name, password, stretching })),
		recover: (input) => signIn((ready) => signInByRecoveryCode(ready, input)),
	}
}

function ownPerson({ kemKeys }: SignedUp['created'], profile: Bytes) {
	return { ak: { g: 0, key: kemKeys[0] as Bytes }, profile }
}

function signedIn({ name, state, entries, vault, keys, session, resumed }: SignedIn, serverKey: Bytes): Entered {
	return {
		resident: { row: { idHash: state.idHash, name, role: session.role, serverKey }, keys },
		fresh: { state, entries, person: { name, ak: null, profile: null }, vault },
		session,
		resumed,
	}
}
