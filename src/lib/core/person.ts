/**
 * The person on this device, as a state: starting → signed out ⇄ guest → signed in ⇄ signed out. Sign-up, sign-in and sign-out are the ways
 * between, one at a time; each leaves the store whole at every step.
 */
import type { WireErrorCode } from '#protocol/errors.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { createHttpClient } from '#sync/http-client.ts'
import type { KithError, SessionEnd } from './api.ts'
import { fixedStretchings, type CoreDeps } from './deps.ts'
import { createInstance, type Instance } from './instance.ts'
import { createQueue } from './queue.ts'
import type { Records } from './records.ts'
import { isOwned, keepResident, restoreResident, wipe, type Resident } from './resident.ts'
import type { GuestSession } from './guest-session.ts'
import type { Self, ServerTime } from './identity.ts'
import { startSession, type Fresh, type SignedInSession } from './signed-in.ts'
import type { PreparedSignUp, SignUpInput } from './sign-up.ts'
import { createTokenKeeper, type SessionAnswer } from './tokens.ts'
import { putUnsent, unsentOf } from './unsent.ts'
import { isOlderThanKept, keepVault } from './vault-keeper.ts'
import type { ViewRegistry } from './views.ts'
import type { Entered, WaysIn } from './ways-in.ts'

export type Phase =
	| { readonly type: 'starting' }
	| { readonly type: 'signed-out'; readonly why: SessionEnd | null }
	| { readonly type: 'guest'; readonly session: GuestSession }
	| { readonly type: 'signed-in'; readonly session: SignedInSession; readonly resident: Resident }

export interface Person {
	readonly phase: () => Phase
	readonly instance: Instance
	readonly start: () => Promise<void>
	readonly prepareSignUp: (input: SignUpInput) => Promise<Result<PreparedSignUp, KithError>>
	readonly completeSignUp: (words: readonly [string, string]) => Promise<Result<null, KithError>>
	readonly signIn: (input: { name: string; password: string }) => Promise<Result<null, KithError>>
	readonly recover: (input: { name: string; code: string }) => Promise<Result<null, KithError>>
	readonly signOut: () => Promise<Result<null, KithError>>
	readonly lookAround: () => Promise<Result<null, KithError>>
	readonly stopLooking: () => Promise<Result<null, KithError>>
	readonly close: () => void
}

export function createPerson(input: {
	deps: CoreDeps
	records: Records
	time: ServerTime
	views: ViewRegistry
}): Person {
	const { deps, records, time, views } = input
	const { crypto, storage, shelf, keyHandles, transport } = deps
	const residence = { records, storage, crypto, keyHandles }
	const http = createHttpClient({ origin: deps.origin, fetch: deps.fetch, accessToken: () => Promise.resolve(null) })
	const queue = createQueue()
	let phase: Phase = { type: 'starting' }
	let resident: Resident | null = null
	/** Who is about to be signed in: what the store lost is asked for in his name. */
	let entering: Self | null = null

	const instance = createInstance({
		records,
		http,
		crypto,
		time,
		stretchings: deps.stretchings ?? fixedStretchings,
		pinned: () => resident?.row.serverKey ?? null,
	})
	let loading: Promise<WaysIn> | null = null
	/** Loaded when somebody signs in or up: word lists and builders that nobody needs to read and write. */
	const ways = () =>
		(loading ??= import('./ways-in.ts').then(({ createWaysIn }) =>
			createWaysIn({ deps, http, time, instance, resident: () => resident }),
		))
	const tokens = createTokenKeeper({
		records,
		crypto,
		time,
		transport,
		http,
		self: () => (phase.type === 'signed-in' ? phase.session.self : entering),
		ended: (code) => sessionEnded(code),
		role: (role) => roleTold(role),
	})

	function enter(next: Phase): void {
		if (phase.type === 'signed-in' || phase.type === 'guest') phase.session.close()
		phase = next
		for (const view of ['session', 'connection', 'chats', 'friends', 'devices', 'privacy', 'conversation'] as const)
			views.changed(view)
	}

	/** The store stays: what is unsent there goes on when the same account signs in again. */
	function sessionEnded(code: WireErrorCode): void {
		if (phase.type === 'signed-in') enter({ type: 'signed-out', why: code })
	}

	/** Given or taken since we signed in. */
	async function roleTold(role: SessionAnswer['role']): Promise<void> {
		if (phase.type !== 'signed-in' || phase.resident.row.role === role) return
		resident = { ...phase.resident, row: { ...phase.resident.row, role } }
		phase = { ...phase, resident }
		await keepResident(residence, resident)
		for (const view of ['session', 'conversation'] as const) views.changed(view)
	}

	const operates = () => resident?.row.role === 'admin'

	function askInstance(): void {
		instance.ask().then(
			() => views.changed('session'),
			(error: unknown) => deps.failed('instance', error),
		)
	}

	async function open(resident: Resident, fresh: Fresh | null): Promise<Result<null, KithError>> {
		const session = await startSession({
			...{ deps, time, tokens, views, resident, fresh },
			ended: sessionEnded,
			operates,
			entering: (self) => (entering = self),
		})
		entering = null
		if (!session.ok) return session
		enter({ type: 'signed-in', session: session.value, resident })
		connectWhenShown(session.value)
		return ok(null)
	}

	/** Who opens the app wants to read: what travels is loaded and begins once what is here was shown. */
	function connectWhenShown(session: SignedInSession): void {
		const connect = () => {
			if (phase.type === 'signed-in' && phase.session === session) session.connection.start()
		}
		if (deps.firstScreen === undefined) connect()
		else void deps.firstScreen.then(connect)
	}

	async function settle(entered: Entered): Promise<Result<null, KithError>> {
		const { fresh, session, resumed } = entered
		const unsent = resumed ? [] : await unsentOf(residence, entered.resident.row.idHash)
		if (!resumed) await wipe(residence)
		else if (await isOlderThanKept(records, fresh.vault)) return fail({ type: 'not-verified', what: 'vault' })
		resident = entered.resident
		await keepResident(residence, entered.resident)
		await putUnsent(residence, unsent)
		await keepVault(records, fresh.vault)
		await tokens.adopt(session)
		// The wipe took the remembered server with it.
		await instance.ask()
		return open(entered.resident, fresh)
	}

	/** One at a time: two that cross would both own the store. */
	function enterBy(way: () => Promise<Result<Entered, KithError>>): Promise<Result<null, KithError>> {
		return queue.run('phase', async () => {
			if (phase.type === 'signed-in') return fail({ type: 'server', code: 'forbidden' })
			const entered = await way()
			return entered.ok ? settle(entered.value) : entered
		})
	}

	async function lookAround(): Promise<Result<null, KithError>> {
		if (phase.type === 'guest') return ok(null)
		if (phase.type === 'signed-in') return fail({ type: 'server', code: 'forbidden' })
		const server = await instance.ask()
		if (!server.ok) return server
		// As seldom needed as the doors, whose code it shares.
		const { startGuest } = await import('./guest-session.ts')
		const { serverKey } = server.value
		const started = await startGuest({ deps, time, views, http, serverKey, ended: visitEnded })
		if (!started.ok) return started
		enter({ type: 'guest', session: started.value })
		started.value.connection.start()
		return ok(null)
	}

	function visitEnded(code: WireErrorCode): void {
		if (phase.type === 'guest') enter({ type: 'signed-out', why: code })
	}

	async function stopLooking(): Promise<Result<null, KithError>> {
		if (phase.type !== 'guest') return ok(null)
		const { session } = phase
		enter({ type: 'signed-out', why: null })
		await session.leave()
		return ok(null)
	}

	/** The server is told where it can be; who signs out without a network is signed out all the same. */
	async function goodbye(session: SignedInSession): Promise<void> {
		const retiring = await import('./retire-device.ts').catch(() => null)
		await retiring?.retireDevice(crypto, session, time.now())
	}

	async function signOut(): Promise<Result<null, KithError>> {
		if (phase.type !== 'signed-in') return fail({ type: 'signed-out' })
		// Else the server's goodbye to a retired device would be told as the end of the session.
		phase.session.connection.stop()
		await goodbye(phase.session)
		enter({ type: 'signed-out', why: null })
		resident = null
		await wipe(residence)
		for (const name of await shelf.list()) await shelf.remove(name)
		tokens.forget()
		askInstance()
		return ok(null)
	}

	return {
		phase: () => phase,
		instance,
		start: async () => {
			await instance.restore()
			resident = await restoreResident(residence)
			const opened = resident === null ? null : await open(resident, null)
			if (opened?.ok !== true) enter({ type: 'signed-out', why: (await isOwned(records)) ? 'store-damaged' : null })
			askInstance()
		},
		prepareSignUp: async (input) => (await ways()).prepareSignUp(input),
		completeSignUp: (words) => enterBy(async () => (await ways()).completeSignUp(words)),
		signIn: (input) => enterBy(async () => (await ways()).signIn(input)),
		recover: (input) => enterBy(async () => (await ways()).recover(input)),
		signOut: () => queue.run('phase', signOut),
		lookAround: () => queue.run('phase', lookAround),
		stopLooking: () => queue.run('phase', stopLooking),
		close: () => {
			if (phase.type === 'signed-in' || phase.type === 'guest') phase.session.close()
		},
	}
}
