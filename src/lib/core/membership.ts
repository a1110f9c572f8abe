/**
 * Who is in a conversation, and with which keys: everything that is written into its log, by a person or unasked. Loaded with the
 * first connection, or with the first command.
 */
import type { ConversationContext } from './context.ts'
import { createConversationMaker, type ConversationMaker } from './conversation-maker.ts'
import { createGroups, type Groups } from './groups.ts'
import { createRoomLinks, type RoomLinks } from './room-links.ts'
import { createUpkeep, type Upkeep } from './upkeep.ts'
import { createWelcomeLinks } from './welcome-links.ts'

export interface Membership {
	readonly maker: ConversationMaker
	readonly groups: Groups
	readonly links: RoomLinks
	readonly upkeep: Upkeep
	readonly close: () => void
}

export function createMembership(context: ConversationContext, { origin }: { readonly origin: string }): Membership {
	const maker = createConversationMaker(context)
	const groups = createGroups(context)
	const welcome = createWelcomeLinks(context)
	const links = createRoomLinks(context, { origin, welcome })
	const upkeep = createUpkeep(context, { groups, links })
	return {
		...{ maker, groups, links, upkeep },
		close: () => {
			upkeep.close()
			welcome.close()
		},
	}
}
