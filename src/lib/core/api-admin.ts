/** The administration of an instance, notices of its operator, and reports of messages. */
import type { AdminAct } from '#protocol/http/admin-acts.ts'
import type { Result } from '#protocol/result.ts'
import type { AccountId, ConversationId, EventId, KithError } from './api-basics.ts'
import type { PersonView } from './api-people.ts'

export interface AdminCommands {
	/** What we write to somebody as the operator: nobody's friendship is asked. Made when it is not there yet. */
	openNotice(input: { account: AccountId }): Promise<Result<{ conversation: ConversationId }, KithError>>

	/** Accounts by name. `search`: a part of it; `after`: `next` of the page before, null for the first. */
	serverUsers(input: { search: string; after: string | null }): Promise<Result<ServerUsers, KithError>>
	/** A closed account is signed out everywhere at once. */
	setUserDisabled(input: { account: AccountId; disabled: boolean }): Promise<Result<null, KithError>>
	setUserRole(input: { account: AccountId; role: 'admin' | 'user' }): Promise<Result<null, KithError>>
	serverRooms(): Promise<Result<ServerRooms, KithError>>
	serverFigures(): Promise<Result<ServerFigures, KithError>>
	/** What administrators and the operator did. `before`: `next` of the page before, null for the newest. */
	serverAudit(input: { before: number | null }): Promise<Result<ServerAudit, KithError>>
	serverInvites(): Promise<Result<readonly ServerInvite[], KithError>>
	revokeInvite(input: { id: string }): Promise<Result<null, KithError>>

	/** What a report would disclose, before anything is sent. */
	previewReport(input: { conversation: ConversationId; event: EventId }): Promise<Result<ReportPreview, KithError>>
	/** Discloses this one message. `admins`: sealed to the owners and admins of a group or room. `text`: our own words. */
	reportMessage(input: {
		conversation: ConversationId
		event: EventId
		to: 'operator' | 'admins'
		text: string
	}): Promise<Result<null, KithError>>
	/** Null: those to the operator. Each is opened and checked here, by the key in it. */
	reports(input: { conversation: ConversationId | null }): Promise<Result<readonly ReportView[], KithError>>
	/** Forgets it, for all who could see it. */
	dismissReport(input: { conversation: ConversationId | null; id: string }): Promise<Result<null, KithError>>
}

export interface ServerUser {
	readonly account: AccountId
	readonly name: string
	readonly role: 'admin' | 'user'
	readonly createdAt: number
	/** Null: may sign in. */
	readonly disabledAt: number | null
}

export interface ServerUsers {
	readonly users: readonly ServerUser[]
	/** How many the search finds in all. */
	readonly total: number
	readonly next: string | null
}

export interface ServerRooms {
	readonly open: readonly {
		readonly conversation: ConversationId
		/** As it stands in the directory; null where it was never listed. */
		readonly name: string | null
		readonly members: number
		readonly archived: boolean
		readonly createdAt: number
		/** 0 before the first message. */
		readonly lastAt: number
	}[]
	readonly private: number
}

export interface ServerFigures {
	readonly accounts: number
	readonly disabled: number
	readonly admins: number
	readonly conversations: {
		readonly direct: number
		readonly groups: number
		readonly openRooms: number
		readonly privateRooms: number
		readonly notices: number
	}
	readonly messages: number
	readonly messageBytes: number
	readonly databaseBytes: number
}

export interface AuditEntryView {
	readonly seq: number
	readonly at: number
	/** Null: whoever runs the server, at the machine. */
	readonly by: AccountId | null
	/** Null where the account is gone. */
	readonly byName: string | null
	readonly act: AdminAct
	/** Null where it is no account, or gone. */
	readonly subjectName: string | null
}

export interface ServerAudit {
	readonly entries: readonly AuditEntryView[]
	readonly next: number | null
}

export interface ServerInvite {
	readonly id: string
	readonly usesLeft: number
	readonly expiresAt: number
	readonly createdAt: number
}

export interface ReportPreview {
	readonly author: PersonView
	readonly at: number
	readonly text: string
	/** A conversation of many has owners and admins to whom a report can go. */
	readonly hasAdmins: boolean
}

export interface ReportView {
	readonly id: string
	readonly at: number
	/**
	 * The reporter's signature and that of the message verify, and its key opens it: `true`. Else what is wrong; then nothing of
	 * it is shown.
	 */
	readonly checked:
		| {
				readonly type: 'true'
				readonly reporter: PersonView
				/** What he wrote. */
				readonly text: string
				readonly author: PersonView
				readonly message: { readonly text: string; readonly at: number }
		  }
		| { readonly type: 'not-opened' | 'bad-signature' | 'unknown-account' }
}
