/** What a person does with the own account and its devices, and what is shown of them. */
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Result } from '#protocol/result.ts'
import type { AccountId, DeviceId, KithError } from './api-basics.ts'

export type Grant =
	| { readonly type: 'setup'; readonly token: string }
	| { readonly type: 'invite'; readonly token: string }
	| { readonly type: 'open' }
	/** Of a bot: the token that its owner was shown. */
	| { readonly type: 'bot'; readonly token: string }

export interface AccountCommands {
	/** Checks name, grant and strength, and draws the recovery code: 15 words. Nothing reaches the server yet but name and grant. */
	prepareSignUp(input: {
		name: string
		displayName: string
		password: string
		grant: Grant
		/** Gets a confirmation, once the account is there. */
		email?: string
	}): Promise<Result<{ words: readonly string[]; ask: readonly [number, number] }, KithError>>
	/** `words`: what the person typed for the two asked positions (0-based, in that order). Creates the account. */
	completeSignUp(input: { words: readonly [string, string] }): Promise<Result<null, KithError>>
	signIn(input: { name: string; password: string }): Promise<Result<null, KithError>>
	recover(input: { name: string; code: string }): Promise<Result<null, KithError>>
	/** What would be lost: messages that no server has yet. */
	unsent(): Promise<Result<{ messages: number }, KithError>>
	/** What this device keeps of the account: conversations, and the messages of them that were loaded so far. */
	stored(): Promise<Result<{ conversations: number; messages: number }, KithError>>
	/** How much came to this device, and from where. */
	received(): Promise<Result<ReceivedView, KithError>>
	/** Retires this device, ends its session and wipes its store. */
	signOut(): Promise<Result<null, KithError>>
	estimatePassword(input: {
		password: string
		name: string
	}): Promise<Result<{ bits: number; enough: boolean; suggestion: string }, KithError>>

	/** The own e-mail address: the confirmed one, and the one that waits. */
	email(): Promise<Result<EmailView, KithError>>
	/** Sends a confirmation; null forgets the address. */
	setEmail(input: { address: string | null }): Promise<Result<null, KithError>>
	/** What the link of a confirmation carries. */
	confirmEmail(input: { token: string }): Promise<Result<null, KithError>>
	setDisplayName(input: { displayName: string }): Promise<Result<null, KithError>>
	/** Changes what is named, on all devices. */
	setPrivacy(input: Partial<PrivacyView>): Promise<Result<null, KithError>>
	/** A screen is looked at (said again while it is used), or was left. Without a word for five minutes we are away. */
	setActive(input: { active: boolean }): Promise<Result<null, KithError>>
	/** What this device calls itself in the list of devices; each at most 32 bytes. Other devices of the account read it, nobody else. */
	describeDevice(input: DeviceLabel): Promise<Result<null, KithError>>
	/** Lost ones: they read and write nothing from now on. By the password, entered for this act. */
	revokeDevices(input: { devices: readonly DeviceId[]; password: string }): Promise<Result<null, KithError>>
	endSession(input: { sid: string }): Promise<Result<null, KithError>>
}

/** Bytes of messages, files and all that goes with them, unpacked; `since`: ms since the Unix epoch. */
export interface ReceivedView {
	readonly since: number
	readonly server: number
	readonly devices: number
}

export interface EmailView {
	readonly address: string | null
	readonly pending: string | null
}

/** What a server says of itself to everybody: its name, and how it takes people in. */
export interface ServerDoor {
	readonly name: string
	readonly version: string
	readonly signUp: 'setup' | 'invite' | 'open'
	/** Does it send e-mail? False also while we could not ask. */
	readonly mail: boolean
	/** May one look around without an account? Null while we could not ask. */
	readonly guests: boolean | null
}

export interface InstanceView extends ServerDoor {
	/** Is there a TURN server, by which people can hide their addresses from each other? */
	readonly relay: boolean
	readonly serverId: string
	/** Who may create rooms. */
	readonly rooms: 'everybody' | 'admins'
}

/** `store-damaged`: what this device kept of the account cannot be opened; what was not sent is kept for its next sign-in. */
export type SessionEnd = WireErrorCode | 'store-damaged'

export type SessionView =
	| { readonly type: 'starting' }
	/** `why`: what ended the last session, to be said once. */
	| { readonly type: 'signed-out'; readonly instance: ServerDoor | null; readonly why: SessionEnd | null }
	/** Somebody looks around without an account, until `endsAt` at most. */
	| { readonly type: 'guest'; readonly instance: ServerDoor | null; readonly endsAt: number }
	| {
			readonly type: 'signed-in'
			readonly account: AccountId
			readonly device: DeviceId
			readonly name: string
			readonly displayName: string
			readonly role: 'admin' | 'user'
			readonly instance: InstanceView | null
	  }

export interface ConnectionView {
	/** To the server. */
	readonly type: 'offline' | 'connecting' | 'online'
	/** Messages in the outbox that nobody else has: no server, and no device that is reached directly. */
	readonly waiting: number
	/** Devices that this one talks with directly, in whatever conversation. */
	readonly peers: number
}

/** What others may see of us; who shows nothing sees nothing. */
export interface PrivacyView {
	readonly presence: boolean
	readonly typing: boolean
	readonly receipts: boolean
	/** Own devices, and friends who see our presence, are reached without the server where that works: they learn our address. */
	readonly direct: boolean
	/** By a relay of the server's and in no other way, so that they do not. */
	readonly relayed: boolean
}

/** As `{ browser: 'Firefox', system: 'Linux' }`: proper names, the same in every language. */
/** Messages of pages that a device fetches, where they are many, and which of them own devices gave. */
export interface FillingView {
	readonly done: number
	readonly total: number
	readonly from: readonly {
		readonly device: DeviceId
		readonly label: DeviceLabel | null
		readonly messages: number
	}[]
}

export interface DeviceLabel {
	readonly browser: string
	readonly system: string
}

export interface DeviceView {
	readonly device: DeviceId
	/** Null where the device never said. */
	readonly label: DeviceLabel | null
	readonly current: boolean
	readonly addedAt: number
	readonly lastUsedAt: number | null
	readonly sid: string | null
	readonly ended: boolean
}
