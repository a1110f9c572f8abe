/** Ports of what an operator looks after: reports, figures, and what administrators did. */
import type { Bytes } from '#protocol/bytes.ts'
import type { ConversationRow } from './conversation-ports.ts'

/** A report as it came: signed for the operator, or sealed for the admins of the conversation. */
export interface ReportRow {
	readonly id: Bytes
	readonly conversation: Bytes
	readonly reporter: Bytes
	readonly at: number
	readonly sealed: boolean
	readonly report: Bytes
}

export interface ReportBoxRow {
	readonly account: Bytes
	readonly g: number
	readonly box: Bytes
}

export interface Reports {
	insert(row: ReportRow, boxes: readonly ReportBoxRow[]): Promise<void>
	/** To the operator, oldest first. */
	toOperator(): Promise<ReportRow[]>
	/** To the admins of a conversation, those with a box for `account`, oldest first. */
	sealedFor(conversation: Bytes, account: Bytes): Promise<(ReportRow & ReportBoxRow)[]>
	/** Sealed ones of a conversation. */
	countSealed(conversation: Bytes): Promise<number>
	/** Of one reporter to the operator. */
	countBy(reporter: Bytes): Promise<number>
	/** Null conversation: one to the operator. False when there is no such report there. */
	delete(id: Bytes, conversation: Bytes | null): Promise<boolean>
}

/** What one of those who administer did. */
export interface AdminActRow {
	/** From 1, in the order of what was done. */
	readonly seq: number
	readonly at: number
	/** Null: the operator, at the machine. */
	readonly by: Bytes | null
	readonly act: string
	/** Whom or what it was done to, by id. */
	readonly subject: Bytes | null
}

export interface AdminActs {
	/** Under the next number. */
	insert(row: Omit<AdminActRow, 'seq'>): Promise<void>
	/** The newest first, with numbers below `before`. */
	page(about: { readonly before: number; readonly limit: number }): Promise<AdminActRow[]>
	/** What was done before `at`. */
	deleteBefore(at: number): Promise<void>
}

/** What is stored, in numbers. */
export interface Figures {
	/** Conversations of each kind. */
	byKind(): Promise<ReadonlyMap<string, number>>
	/** Conversations of one kind, the last used first. */
	ofKind(kind: string): Promise<(ConversationRow & { readonly lastAt: number })[]>
	disabled(): Promise<number>
	/** Rows of events, and their bytes as they came. */
	events(): Promise<{ readonly rows: number; readonly bytes: number }>
	/** Of the whole database. */
	databaseBytes(): Promise<number>
}
