/**
 * Endpoint × role: what each call of the contract answers to nobody, a guest, a user, an administrator and somebody whose
 * account is closed. tests/integration/server/endpoint-roles.test.ts holds a real server to the whole of it, and the table to
 * the contract. `ok` is any success; everything else a code of #protocol/errors.ts, whose HTTP status is part of it.
 *
 * Inputs are such that the call gets as far as who asks decides: what a signature or a row of the database decides after that
 * (`bad-entry`, `not-found`) has tests of its own.
 */
import type { WireErrorCode } from '#protocol/errors.ts'

export type Outcome = 'ok' | WireErrorCode

export interface Outcomes {
	readonly none: Outcome
	readonly guest: Outcome
	readonly user: Outcome
	readonly admin: Outcome
	/** Had a session when his account was closed. */
	readonly disabled: Outcome
}

export type CallerRole = keyof Outcomes
export const callerRoles: readonly CallerRole[] = ['none', 'guest', 'user', 'admin', 'disabled']

/** Who and what the inputs name; ids in base64url. */
export interface TableWorld {
	/** Somebody with an account, of whom nobody here knows anything. */
	readonly stranger: string
	readonly strangerName: string
	/** An account that nobody acts as: rows may close it. */
	readonly victim: string
	/** Of no conversation. */
	readonly nowhere: string
}

export interface EndpointRow extends Outcomes {
	readonly input: (world: TableWorld) => unknown
	/** Beside the input: of calls that speak by headers, and carry bytes. */
	readonly headers?: Readonly<Record<string, string>>
	readonly bytes?: true
	/** The call ends what the caller has: whoever asks is made for this row alone. */
	readonly fresh?: true
}

/** For everybody, with or without an account: the session does not matter. */
const anybody = (outcome: Outcome): Outcomes => ({
	...{ none: outcome, guest: outcome, user: outcome, admin: outcome, disabled: outcome },
})

/** For who has a session of an account that is open. */
const signedIn = (user: Outcome, admin: Outcome = user): Outcomes => ({
	...{ none: 'unauthenticated', guest: 'forbidden', user, admin, disabled: 'disabled' },
})

/** For guests alone: an account asks elsewhere, open or closed. */
const guestsAlone = (guest: Outcome): Outcomes => ({
	...{ none: 'unauthenticated', guest, user: 'unauthenticated', admin: 'unauthenticated', disabled: 'unauthenticated' },
})

/** For administrators alone. */
const admins = (admin: Outcome): Outcomes => signedIn('forbidden', admin)

/** The token names neither account nor session, and is what is asked for. */
const ofMethodToken = anybody('login-expired')

const nothing = () => ({})
const zeros = (bytes: number) => 'A'.repeat(Math.ceil((bytes * 4) / 3))
const proof = { clientNonce: zeros(32), signature: zeros(64), transport: 'body' }
const vkBox = { recipient: zeros(32), vkGen: 1, box: '' }
const vault = zeros(3)
const inNowhere = ({ nowhere }: TableWorld) => ({ conversation: nowhere })
const aboutStranger = ({ stranger }: TableWorld) => ({ account: stranger })

const auth: Record<string, EndpointRow> = {
	checkSignUp: { ...anybody('ok'), input: () => ({ name: 'nobody-yet', grant: { type: 'open' } }) },
	startRegistration: {
		...anybody('malformed'),
		input: () => ({ name: 'nobody-yet', grant: { type: 'open' }, registrationRequest: 'x' }),
	},
	finishRegistration: {
		...anybody('login-expired'),
		input: () => ({
			...{ registrationId: 'x', registrationRecord: 'x', create: '', kemKeys: [], binds: [], vault, vkBoxes: [] },
			...{ profile: '', transport: 'body' },
		}),
	},
	startLogin: { ...anybody('malformed'), input: () => ({ name: 'nobody-yet', startLoginRequest: 'x' }) },
	finishLogin: { ...ofMethodToken, input: () => ({ loginId: 'x', finishLoginRequest: 'x' }) },
	startRecovery: { ...anybody('ok'), input: () => ({ name: 'nobody-yet' }) },
	finishRecovery: {
		...ofMethodToken,
		input: () => ({ recoveryId: 'x', methodKey: zeros(32), clientNonce: zeros(32), signature: zeros(64) }),
	},
	openSession: { ...ofMethodToken, input: () => ({ methodToken: 'x', deviceId: zeros(16), ...proof }) },
	refreshNonce: { ...anybody('session-ended'), input: () => ({ deviceId: zeros(16) }) },
	refresh: { ...anybody('session-ended'), input: () => ({ deviceId: zeros(16), ...proof }) },
	signOut: { ...signedIn('ok'), input: nothing, fresh: true },
}

const accounts: Record<string, EndpointRow> = {
	me: { ...signedIn('ok'), input: nothing },
	/** Administrators may write to everybody, and for that see the keys of everybody (SPEC CNV37). */
	log: { ...signedIn('not-found', 'ok'), input: aboutStranger },
	logs: { ...signedIn('ok'), input: (world) => ({ accounts: [aboutStranger(world).account] }) },
	addDevice: {
		...ofMethodToken,
		input: () => ({ methodToken: 'x', entry: '', kemKey: '', vkBox, transport: 'body' }),
	},
	retireDevice: { ...signedIn('bad-entry'), input: () => ({ entry: '' }) },
	kemKeys: { ...signedIn('ok'), input: nothing },
	revokeDevices: { ...signedIn('bad-entry'), input: () => ({ entry: '', kemKey: '', vault, vkBoxes: [] }) },
	putVault: { ...signedIn('bad-account'), input: () => ({ vault }) },
	putProfile: { ...signedIn('bad-account'), input: () => ({ profile: '' }) },
	entries: { ...signedIn('ok'), input: nothing },
	putEntry: { ...signedIn('bad-signature'), input: () => ({ entry: '' }) },
	presence: { ...signedIn('ok'), input: nothing },
	setPresence: { ...signedIn('ok'), input: () => ({ shown: true }) },
	iceServers: { ...signedIn('ok'), input: nothing },
	email: { ...signedIn('ok'), input: nothing },
	/** This server sends no mail. */
	setEmail: { ...signedIn('no-mail'), input: () => ({ address: 'somebody@example.org' }) },
	confirmEmail: { ...signedIn('bad-confirmation'), input: () => ({ token: 'x' }) },
	sessions: { ...signedIn('ok'), input: nothing },
	endSession: { ...signedIn('not-found'), input: () => ({ sid: 'x' }) },
}

const friends: Record<string, EndpointRow> = {
	resolve: { ...signedIn('ok'), input: ({ strangerName }) => ({ name: strangerName }) },
	list: { ...signedIn('ok'), input: nothing },
	request: { ...signedIn('bad-signature'), input: ({ stranger }) => ({ account: stranger, request: '' }) },
	accept: { ...signedIn('no-request'), input: ({ stranger }) => ({ account: stranger, accept: '' }) },
	decline: { ...signedIn('no-request'), input: aboutStranger },
	cancel: { ...signedIn('no-request'), input: ({ stranger }) => ({ account: stranger, cancel: '' }) },
	end: { ...signedIn('not-friends'), input: ({ stranger }) => ({ account: stranger, end: '' }) },
	block: { ...signedIn('ok'), input: ({ stranger }) => ({ account: stranger, step: null }), fresh: true },
	unblock: { ...signedIn('not-blocked'), input: ({ victim }) => ({ account: victim }) },
	inviteByEmail: { ...signedIn('no-mail'), input: () => ({ address: 'somebody@example.org' }) },
}

/** Of a conversation that is not there, or that one is not in: nobody learns which. */
const conversations: Record<string, EndpointRow> = {
	list: { ...signedIn('ok'), input: nothing },
	create: { ...signedIn('bad-entry'), input: () => ({ create: '', rotate: '', boxes: [] }) },
	log: { ...signedIn('not-found'), input: inNowhere },
	append: { ...signedIn('not-found'), input: ({ nowhere }) => ({ conversation: nowhere, entry: '', boxes: [] }) },
	/** This server has forgotten nothing. */
	handBack: {
		...signedIn('forbidden'),
		input: (world) => ({ ...inNowhere(world), log: { from: 0, entries: [], head: '' }, cutLists: [], linkKeys: [] }),
	},
	putPicture: { ...signedIn('not-found'), input: (world) => ({ ...inNowhere(world), picture: zeros(16), sealed: '' }) },
	picture: { ...signedIn('not-found'), input: (world) => ({ ...inNowhere(world), picture: zeros(16) }) },
	heads: { ...signedIn('not-member'), input: inNowhere },
	rows: { ...signedIn('not-member'), input: ({ nowhere }) => ({ conversation: nowhere, page: 0, part: 0 }) },
	numbers: { ...signedIn('not-member'), input: ({ nowhere }) => ({ conversation: nowhere, page: 0, part: 0 }) },
	markers: { ...signedIn('not-member'), input: inNowhere },
}

const aBlob = ({ nowhere }: TableWorld) => ({ conversation: nowhere, blob: zeros(16) })
const tus = { 'tus-resumable': '1.0.0' }

const blobs: Record<string, EndpointRow> = {
	create: { ...signedIn('not-found'), input: aBlob, headers: { ...tus, 'upload-length': '20' } },
	offset: { ...signedIn('not-found'), input: aBlob, headers: tus },
	append: {
		...signedIn('not-found'),
		...{ input: aBlob, headers: { ...tus, 'upload-offset': '0' }, bytes: true },
	},
	read: { ...signedIn('not-found'), input: aBlob },
	remove: { ...signedIn('not-found'), input: aBlob },
	name: { ...signedIn('not-found'), input: (world) => ({ ...aBlob(world), event: zeros(16) }) },
}

const rooms: Record<string, EndpointRow> = {
	sealBoxes: {
		...signedIn('not-found'),
		input: ({ nowhere }) => ({ conversation: nowhere, epoch: 1, boxes: [], linkBoxes: [] }),
	},
	askBox: { ...signedIn('not-found'), input: ({ nowhere }) => ({ conversation: nowhere, epoch: 1 }) },
	lease: { ...signedIn('not-found'), input: inNowhere },
	streams: {
		...signedIn('not-found'),
		input: ({ nowhere, stranger }) => ({ conversation: nowhere, account: stranger }),
	},
	linkNonce: { ...signedIn('ok'), input: nothing },
	openLink: {
		...signedIn('bad-link'),
		input: ({ nowhere }) => ({
			...{ conversation: nowhere, linkKey: zeros(32), clientNonce: zeros(32), serverNonce: zeros(32) },
			signature: zeros(64),
		}),
	},
	directory: { ...signedIn('ok'), input: nothing },
	enter: { ...signedIn('not-found'), input: inNowhere },
	list: {
		...signedIn('not-found'),
		input: ({ nowhere }) => ({ conversation: nowhere, name: 'x', topic: '', link: zeros(16), secret: zeros(32) }),
	},
	/** Whatever there is. */
	knock: { ...signedIn('ok'), input: inNowhere },
	knocks: { ...signedIn('not-found'), input: inNowhere },
	dropKnock: {
		...signedIn('not-found'),
		input: ({ nowhere, stranger }) => ({ conversation: nowhere, account: stranger }),
	},
}

const guests: Record<string, EndpointRow> = {
	enter: { ...anybody('ok'), input: () => ({ signingKey: zeros(32) }) },
	leave: { ...guestsAlone('ok'), input: nothing, fresh: true },
	rooms: { ...guestsAlone('ok'), input: nothing },
	log: { ...guestsAlone('not-found'), input: inNowhere },
	account: {
		...guestsAlone('not-found'),
		input: ({ nowhere, stranger }) => ({ conversation: nowhere, account: stranger }),
	},
	heads: { ...guestsAlone('not-found'), input: inNowhere },
	rows: { ...guestsAlone('not-found'), input: ({ nowhere }) => ({ conversation: nowhere, page: 0, part: 0 }) },
	blob: { ...guestsAlone('not-found'), input: aBlob },
}

const reports: Record<string, EndpointRow> = {
	send: { ...signedIn('malformed'), input: () => ({ report: '' }) },
	sendToAdmins: {
		...signedIn('not-member'),
		input: ({ nowhere }) => ({ conversation: nowhere, sealed: '', boxes: [] }),
	},
	list: { ...signedIn('not-found'), input: inNowhere },
	dismiss: { ...signedIn('not-found'), input: ({ nowhere }) => ({ conversation: nowhere, id: zeros(16) }) },
}

const admin: Record<string, EndpointRow> = {
	users: { ...admins('ok'), input: nothing },
	disable: { ...admins('ok'), input: ({ victim }) => ({ account: victim }) },
	enable: { ...admins('ok'), input: ({ victim }) => ({ account: victim }) },
	setRole: { ...admins('ok'), input: ({ victim }) => ({ account: victim, role: 'user' }) },
	rooms: { ...admins('ok'), input: nothing },
	figures: { ...admins('ok'), input: nothing },
	audit: { ...admins('ok'), input: nothing },
	reports: { ...admins('ok'), input: nothing },
	dismissReport: { ...admins('not-found'), input: () => ({ id: zeros(16) }) },
}

/** By group and call, as in the contract. */
export const endpointRows: Readonly<Record<string, Readonly<Record<string, EndpointRow>>>> = {
	instance: { get: { ...anybody('ok'), input: nothing } },
	auth,
	accounts,
	friends,
	conversations,
	blobs,
	rooms,
	guests,
	invites: {
		/** Users within the quota of the operator, and of their own alone. */
		create: { ...signedIn('ok'), input: () => ({ uses: 1, days: 1 }) },
		list: { ...signedIn('ok'), input: nothing },
		revoke: { ...signedIn('not-found'), input: () => ({ id: 'x' }) },
	},
	bots: {
		/** Of this name there is somebody already: nothing is made. */
		create: { ...signedIn('name-taken'), input: ({ strangerName }) => ({ name: strangerName, scopes: ['read'] }) },
		list: { ...signedIn('ok'), input: nothing },
		end: { ...signedIn('not-found'), input: () => ({ id: 'x' }) },
		look: { ...anybody('bad-invite'), input: () => ({ token: 'x' }) },
	},
	push: {
		get: { ...signedIn('ok'), input: nothing },
		// No push service of anybody's: nothing is asked of it.
		subscribe: {
			...signedIn('malformed'),
			input: () => ({ endpoint: 'https://127.0.0.1/', p256dh: zeros(65), auth: zeros(16), quiet: [] }),
		},
		renew: {
			...anybody('malformed'),
			input: () => {
				const was = { endpoint: 'https://127.0.0.1/', auth: zeros(16) }
				return { was, now: { ...was, p256dh: zeros(65) } }
			},
		},
		unsubscribe: { ...signedIn('ok'), input: nothing },
		test: { ...signedIn('not-found'), input: nothing },
	},
	sync: {
		ticketNonce: { ...signedIn('ok'), input: nothing },
		createTicket: {
			...signedIn('bad-device-proof'),
			input: ({ nowhere }) => ({
				...{ guid: `c/${nowhere}/0`, clientNonce: zeros(32), serverNonce: zeros(32), signature: zeros(64) },
			}),
		},
	},
	reports,
	admin,
}

interface Calls {
	readonly [group: string]: { readonly [call: string]: unknown }
}

/** One sentence for each call without a row, and for each row without a call. */
export function tableGaps(
	contract: Calls,
	rows: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): string[] {
	const names = (calls: Calls) =>
		Object.entries(calls).flatMap(([group, inside]) => Object.keys(inside).map((call) => `${group}.${call}`))
	const [wanted, there] = [names(contract), names(rows)]
	return [
		...wanted
			.filter((name) => !there.includes(name))
			.map(
				(name) =>
					`${name} says nowhere who may call it: add its row to endpointRows in tests/support/endpoint-roles.ts.`,
			),
		...there
			.filter((name) => !wanted.includes(name))
			.map((name) => `${name} is no call of the contract: take its row out of tests/support/endpoint-roles.ts.`),
	]
}
