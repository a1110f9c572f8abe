/**
 * Method and path of every call of the contract: all that a client needs of it at run time. The schemas stay with whoever
 * checks, the server: with them the contract is 13 KB of gzip, and this is one. A call that is missing here does not compile.
 */
import type { Contract } from './contract.ts'

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
/** A part in braces is taken from the input. */
export type Route = `${Method} /${string}`

type Routes = { readonly [Group in keyof Contract]: { readonly [Call in keyof Contract[Group]]: Route } }

export const routes: Routes = {
	instance: {
		get: 'GET /instance',
	},
	auth: {
		checkSignUp: 'POST /auth/registration/check',
		startRegistration: 'POST /auth/registration/start',
		finishRegistration: 'POST /auth/registration/finish',
		startLogin: 'POST /auth/login/start',
		finishLogin: 'POST /auth/login/finish',
		startRecovery: 'POST /auth/recovery/start',
		finishRecovery: 'POST /auth/recovery/finish',
		openSession: 'POST /auth/sessions',
		refresh: 'POST /auth/refresh',
		refreshNonce: 'POST /auth/refresh/nonce',
		signOut: 'POST /auth/sign-out',
	},
	accounts: {
		me: 'GET /account',
		log: 'GET /accounts/{account}/log',
		logs: 'POST /accounts/logs',
		addDevice: 'POST /account/devices',
		retireDevice: 'POST /account/devices/retire',
		kemKeys: 'GET /account/kem-keys',
		revokeDevices: 'POST /account/devices/revoke',
		putVault: 'PUT /account/vault',
		putProfile: 'PUT /account/profile',
		entries: 'GET /account/entries',
		putEntry: 'PUT /account/entries',
		presence: 'GET /account/presence',
		setPresence: 'PUT /account/presence',
		iceServers: 'GET /account/ice-servers',
		sessions: 'GET /account/sessions',
		endSession: 'DELETE /account/sessions/{sid}',
		email: 'GET /account/email',
		setEmail: 'PUT /account/email',
		confirmEmail: 'POST /account/email/confirm',
	},
	friends: {
		resolve: 'POST /people/resolve',
		list: 'GET /friends',
		request: 'POST /friends/requests',
		accept: 'POST /friends/{account}/accept',
		decline: 'POST /friends/{account}/decline',
		cancel: 'POST /friends/{account}/cancel',
		end: 'POST /friends/{account}/end',
		block: 'PUT /friends/{account}/block',
		unblock: 'DELETE /friends/{account}/block',
		inviteByEmail: 'POST /friends/email-invitations',
	},
	conversations: {
		list: 'GET /conversations',
		create: 'POST /conversations',
		log: 'GET /conversations/{conversation}/log',
		handBack: 'POST /conversations/{conversation}/tail',
		append: 'POST /conversations/{conversation}/log',
		heads: 'GET /conversations/{conversation}/heads',
		rows: 'GET /conversations/{conversation}/pages/{page}/{part}',
		markers: 'GET /conversations/{conversation}/markers',
		putPicture: 'PUT /conversations/{conversation}/pictures/{picture}',
		picture: 'GET /conversations/{conversation}/pictures/{picture}',
	},
	blobs: {
		create: 'POST /conversations/{conversation}/blobs/{blob}',
		offset: 'HEAD /conversations/{conversation}/blobs/{blob}',
		append: 'PATCH /conversations/{conversation}/blobs/{blob}',
		read: 'GET /conversations/{conversation}/blobs/{blob}',
		remove: 'DELETE /conversations/{conversation}/blobs/{blob}',
		name: 'PUT /conversations/{conversation}/blobs/{blob}/event',
	},
	rooms: {
		sealBoxes: 'PUT /conversations/{conversation}/boxes',
		askBox: 'POST /conversations/{conversation}/boxes/ask',
		lease: 'POST /conversations/{conversation}/rotation',
		streams: 'GET /conversations/{conversation}/streams/{account}',
		linkNonce: 'POST /links/nonce',
		openLink: 'POST /conversations/{conversation}/links/open',
		directory: 'GET /rooms',
		enter: 'POST /rooms/{conversation}/secret',
		list: 'PUT /rooms/{conversation}',
		knock: 'POST /conversations/{conversation}/knocks',
		knocks: 'GET /conversations/{conversation}/knocks',
		dropKnock: 'DELETE /conversations/{conversation}/knocks/{account}',
	},
	guests: {
		enter: 'POST /guests',
		leave: 'DELETE /guests',
		rooms: 'GET /guests/rooms',
		log: 'GET /guests/rooms/{conversation}/log',
		account: 'GET /guests/rooms/{conversation}/accounts/{account}',
		heads: 'GET /guests/rooms/{conversation}/heads',
		rows: 'GET /guests/rooms/{conversation}/pages/{page}/{part}',
		blob: 'GET /guests/rooms/{conversation}/blobs/{blob}',
	},
	invites: {
		create: 'POST /invites',
		list: 'GET /invites',
		revoke: 'DELETE /invites/{id}',
	},
	bots: {
		create: 'POST /bots',
		list: 'GET /bots',
		end: 'DELETE /bots/{id}',
		look: 'POST /bots/look',
	},
	sync: {
		ticketNonce: 'POST /sync/tickets/nonce',
		createTicket: 'POST /sync/tickets',
	},
	reports: {
		send: 'POST /reports',
		sendToAdmins: 'POST /conversations/{conversation}/reports',
		list: 'GET /conversations/{conversation}/reports',
		dismiss: 'DELETE /conversations/{conversation}/reports/{id}',
	},
	admin: {
		users: 'GET /admin/users',
		disable: 'POST /admin/users/{account}/disable',
		enable: 'POST /admin/users/{account}/enable',
		setRole: 'PUT /admin/users/{account}/role',
		rooms: 'GET /admin/rooms',
		figures: 'GET /admin/figures',
		audit: 'GET /admin/audit',
		reports: 'GET /admin/reports',
		dismissReport: 'DELETE /admin/reports/{id}',
	},
}
