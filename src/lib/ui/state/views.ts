/** What screens show and what can go wrong, by the names that components may import: their only door to the core's types. */
export type {
	ChatView,
	ConnectionView,
	ConversationView,
	DeviceView,
	FriendState,
	FriendView,
	GroupPolicy,
	GroupView,
	ServerDoor,
	KithError,
	LogLineView,
	Mark,
	MemberRole,
	MemberView,
	MessageView,
	PersonView,
	PresenceView,
	PrivacyView,
	ReadersView,
	ReplyView,
	OnlineView,
	RoomPreview,
	RoomView,
	ReportPreview,
	ReportView,
	ServerFigures,
	ServerInvite,
	ServerRooms,
	ServerUser,
	ServerUsers,
	SessionEnd,
	SessionView,
	Unreadable,
} from '#core/api.ts'
import type { GroupView, KithError, SessionView } from '#core/api.ts'

export type WireCode = Extract<KithError, { type: 'server' }>['code']
export type GroupKind = GroupView['kind']
export type SignedIn = Extract<SessionView, { type: 'signed-in' }>
