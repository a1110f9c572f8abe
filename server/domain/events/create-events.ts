/** Events, pages and markers, over one set of books. */
import type { AccountStates, ConversationStates, DomainPorts, FriendsApi } from '../domain.ts'
import type { Bars } from '../bars.ts'
import type { Scrubbing } from '../scrubbing.ts'
import { AdmissionRunner } from './admission-runner.ts'
import type { EventsApi, MarkersApi, PagesApi } from './api.ts'
import { createBooks } from './books.ts'
import { createExpirySweep, type ExpirySweep } from './expiry.ts'
import { createFriendshipCache, type FriendshipCache } from './friendship-cache.ts'
import { createMarkers } from './markers.ts'
import { createPages } from './pages.ts'
import type { Rate } from './rates.ts'

export interface EventParts {
	readonly accountStates: AccountStates
	readonly conversationStates: ConversationStates
	readonly friends: FriendsApi
	readonly bars: Bars
	readonly scrubbing: Scrubbing
	/** What one author may send, in events … */
	readonly rate: Rate
	/** … and in bytes of items. */
	readonly quota: Rate
	/** How often this node decides and commits what came. */
	readonly turnRate: Rate
}

export interface EventServices {
	readonly events: EventsApi
	readonly expiry: ExpirySweep
	readonly pages: PagesApi
	readonly markers: MarkersApi
	readonly friendships: FriendshipCache
}

export function createEvents(ports: DomainPorts, parts: EventParts): EventServices {
	const books = createBooks(ports.repositories.events)
	const friendships = createFriendshipCache({ ...ports, ...ports.repositories, friends: parts.friends })
	return {
		friendships,
		events: new AdmissionRunner({ ...ports, ...parts, books, friendships }),
		expiry: createExpirySweep({ ...ports, scrubbing: parts.scrubbing }),
		pages: createPages({ ...ports, ...parts, events: ports.repositories.events, books }),
		markers: createMarkers({ ...ports, ...parts, friendships }),
	}
}
