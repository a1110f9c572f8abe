/**
 * What a person can do with Kith, and what a screen can show: the whole door of the core.
 * The browser client, the node client and the proxy over a worker port all are a `KithApi`;
 * everything that crosses it can be structured-cloned. Views are whole values, the newest wins.
 *
 * Ids are canonical base64url text: account = idHash (32 bytes), device and conversation 16, event 16.
 * Times are ms since the Unix epoch, corrected to the server's clock.
 */
import type {
	AccountCommands,
	ConnectionView,
	DeviceView,
	FillingView,
	PrivacyView,
	SessionView,
} from './api-account.ts'
import type { AdminCommands } from './api-admin.ts'
import type { AlertCommands, AlertsView } from './api-alerts.ts'
import type { ConversationId } from './api-basics.ts'
import type { CopyCommands } from './api-copies.ts'
import type { FileCommands, PreparingView, TransferView } from './api-files.ts'
import type { ExportCommands } from './api-export.ts'
import type { GroupCommands, GroupView, LogLineView, OnlineView, SealingView } from './api-groups.ts'
import type { GuestCommands } from './api-guests.ts'
import type {
	ChatView,
	ConversationView,
	HistoryAt,
	HistoryView,
	MessageCommands,
	MessageInfoAt,
	MessageInfoView,
	MessageView,
} from './api-messages.ts'
import type { NearbyCommands } from './api-nearby.ts'
import type { FriendView, PeopleCommands } from './api-people.ts'
import type { PushCommands } from './api-push.ts'
import type { SearchAt, SearchView } from './api-search.ts'

export type * from './api-account.ts'
export type * from './api-admin.ts'
export type * from './api-alerts.ts'
export type * from './api-basics.ts'
export type * from './api-copies.ts'
export type * from './api-files.ts'
export type * from './api-export.ts'
export type * from './api-groups.ts'
export type * from './api-guests.ts'
export type * from './api-messages.ts'
export type * from './api-nearby.ts'
export type * from './api-people.ts'
export type * from './api-push.ts'
export type * from './api-search.ts'

export interface Commands
	extends
		AccountCommands,
		AdminCommands,
		GuestCommands,
		PeopleCommands,
		GroupCommands,
		MessageCommands,
		FileCommands,
		AlertCommands,
		ExportCommands,
		CopyCommands,
		PushCommands,
		NearbyCommands {}

/** What can be watched: `watch('conversation', id, …)`. */
export interface Views {
	session: { of: null; view: SessionView }
	connection: { of: null; view: ConnectionView }
	chats: { of: null; view: readonly ChatView[] }
	friends: { of: null; view: readonly FriendView[] }
	alerts: { of: null; view: AlertsView }
	devices: { of: null; view: readonly DeviceView[] }
	/** Null while nobody is signed in. */
	privacy: { of: null; view: PrivacyView | null }
	/** Null when there is no such conversation on this account. */
	conversation: { of: ConversationId; view: ConversationView | null }
	/** Null when it is no group or room of this account. */
	group: { of: ConversationId; view: GroupView | null }
	/** Names the picture that a group shows (`groupPicture`); null: none, and the face that its id gives it. */
	picture: { of: ConversationId; view: string | null }
	/** Who is online in a group or room now; null while it is not known, or for who shows nothing himself. */
	online: { of: ConversationId; view: OnlineView | null }
	/** Another number whenever the directory of open rooms has changed. */
	directory: { of: null; view: number }
	/** What happened in a group or room, oldest first; empty where there are two. */
	log: { of: ConversationId; view: readonly LogLineView[] }
	/** Null while no key is made for anybody. */
	sealing: { of: null; view: SealingView | null }
	/** Messages that are pinned, in the order of pinning. */
	pins: { of: ConversationId; view: readonly MessageView[] }
	/** Null where no screen shows the message. Markers of many members are asked for when somebody looks. */
	info: { of: MessageInfoAt; view: MessageInfoView | null }
	/** Files that move now, up or down. */
	transfers: { of: null; view: readonly TransferView[] }
	/** Null while no files are sealed for a message there. */
	filling: { of: ConversationId; view: FillingView | null }
	preparing: { of: ConversationId; view: PreparingView | null }
	/** Null when this device does not hold the message. */
	history: { of: HistoryAt; view: HistoryView | null }
	search: { of: SearchAt; view: SearchView }
}

export interface KithApi extends Commands {
	/** Calls `listener` with the value now (soon) and after every change; returns how to stop. */
	watch<V extends keyof Views>(view: V, of: Views[V]['of'], listener: (value: Views[V]['view']) => void): () => void
	close(): Promise<void>
}
