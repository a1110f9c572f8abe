/** Ports of conversations: their logs, members, boxes and cut lists, and the doors of rooms. What is said in them: event-ports.ts. */
import type { Bytes } from '#protocol/bytes.ts'

export interface ConversationRow {
	readonly conversation: Bytes
	readonly kind: string
	readonly createdAt: number
}

export interface MemberRow {
	readonly account: Bytes
	readonly role: string
}

export interface Conversations {
	byId(conversation: Bytes): Promise<ConversationRow | null>
	/** False, and nothing stored, when it exists. */
	insert(row: ConversationRow): Promise<boolean>
	/** The members now: an index of what the log says, for queries by account. */
	members(conversation: Bytes): Promise<MemberRow[]>
	setMembers(conversation: Bytes, members: readonly MemberRow[]): Promise<void>
	of(account: Bytes): Promise<Bytes[]>
	/** Members who let nobody see whether they are here. */
	hidden(conversation: Bytes): Promise<Bytes[]>
	/** Everybody who shares a conversation with this account, himself left out. */
	fellows(account: Bytes): Promise<Bytes[]>
	/** The two share a conversation. */
	areFellows(account: Bytes, other: Bytes): Promise<boolean>
	entries(conversation: Bytes, from: number): Promise<Bytes[]>
	headSeq(conversation: Bytes): Promise<number>
	/** False, and nothing stored, when `seq` is not the next one. */
	append(conversation: Bytes, seq: number, entry: Bytes): Promise<boolean>
}

/** EK_epoch sealed to one account's AK_g: kept, because the box is the backup. */
export interface EpochBoxRow {
	readonly epoch: number
	readonly account: Bytes
	readonly g: number
	readonly box: Bytes
}

/** Lists that lie beside log entries and are named there by hash (cut.ts). */
export interface CutLists {
	of(conversation: Bytes): Promise<{ readonly hash: Bytes; readonly list: Bytes }[]>
	insert(conversation: Bytes, hash: Bytes, list: Bytes): Promise<void>
}

export interface EpochBoxes {
	of(conversation: Bytes, account: Bytes): Promise<EpochBoxRow[]>
	/** Who has a box of this epoch, at whatever AK. */
	holders(conversation: Bytes, epoch: number): Promise<Bytes[]>
	/** Replaces what stands there already: who may do that is the caller's question. */
	insert(conversation: Bytes, rows: readonly EpochBoxRow[]): Promise<void>
	/** The account's own box of this epoch does not open. */
	ask(conversation: Bytes, account: Bytes, epoch: number): Promise<void>
	asked(conversation: Bytes): Promise<{ readonly account: Bytes; readonly epoch: number }[]>
	answered(conversation: Bytes, account: Bytes, epoch: number): Promise<void>
}

/** EK_epoch sealed to a link: only the newest is kept. */
export interface LinkBoxRow {
	readonly link: Bytes
	readonly epoch: number
	readonly box: Bytes
}

/** An open room in the directory. */
export interface RoomListing {
	readonly conversation: Bytes
	readonly name: string
	readonly topic: string
	readonly link: Bytes
	readonly secret: Bytes
}

/** What lies beside the links of conversations, and the doors that have none. */
export interface Rooms {
	linkKeys(conversation: Bytes): Promise<{ readonly link: Bytes; readonly key: Bytes }[]>
	insertLinkKey(conversation: Bytes, link: Bytes, key: Bytes): Promise<void>
	linkBox(conversation: Bytes, link: Bytes): Promise<LinkBoxRow | null>
	linkBoxes(conversation: Bytes): Promise<LinkBoxRow[]>
	/** Stores or replaces. */
	putLinkBox(conversation: Bytes, row: LinkBoxRow): Promise<void>
	listings(): Promise<RoomListing[]>
	listing(conversation: Bytes): Promise<RoomListing | null>
	/** Stores or replaces. */
	putListing(listing: RoomListing): Promise<void>
	/** Who waits to be let in, the first first. */
	knocks(conversation: Bytes): Promise<{ readonly account: Bytes; readonly at: number }[]>
	knock(conversation: Bytes, account: Bytes, at: number): Promise<void>
	dropKnock(conversation: Bytes, account: Bytes): Promise<void>
}

export interface PictureRow {
	readonly conversation: Bytes
	readonly picture: Bytes
	readonly sealed: Bytes
	/** When it was brought last, ms. */
	readonly at: number
}

export interface Pictures {
	/** Null where there is none of that name. */
	sealed(conversation: Bytes, picture: Bytes): Promise<Bytes | null>
	/** One that is there keeps its bytes, and counts as the newest. */
	put(row: PictureRow): Promise<void>
	/** Deletes all others of this conversation. */
	keepNewest(conversation: Bytes, count: number): Promise<void>
}
