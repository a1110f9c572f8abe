/** Looking around without an account: open rooms are read, and nothing is said. */
import type { Result } from '#protocol/result.ts'
import type { ConversationId, KithError } from './api-basics.ts'

export interface GuestCommands {
	/** Begins a visit, where the server takes guests. It lives in memory and ends with the app, or when the server says so. */
	lookAround(): Promise<Result<null, KithError>>
	/** Open rooms that a guest may read. */
	guestRooms(): Promise<Result<readonly GuestRoomView[], KithError>>
	/** From now on the view `conversation` shows this room, as long as guests may read it. */
	readRoom(input: { conversation: ConversationId }): Promise<Result<null, KithError>>
	stopLooking(): Promise<Result<null, KithError>>
}

export interface GuestRoomView {
	readonly conversation: ConversationId
	readonly name: string
	readonly topic: string
}
