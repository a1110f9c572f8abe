/**
 * What a bot may ask, by route: what stands here, where it has the scope, and nothing else. Keys, logs and settings of its own belong to
 * reading, because without them a client can read nothing; whom it is a friend of is a rule of the domain.
 */
import { routes, type Route } from '#protocol/http/routes.ts'
import type { BotScope } from '../domain/bot-ports.ts'

const { accounts, auth, blobs, conversations, friends, rooms, sync } = routes

const routesByScope: Readonly<Record<BotScope, readonly Route[]>> = {
	read: [
		...[auth.signOut, accounts.me, accounts.log, accounts.logs, accounts.kemKeys, accounts.retireDevice],
		...[accounts.putVault, accounts.putProfile, accounts.entries, accounts.putEntry, accounts.sessions],
		...[
			accounts.presence,
			accounts.setPresence,
			friends.list,
			friends.resolve,
			friends.request,
			friends.accept,
			friends.end,
		],
		...[conversations.list, conversations.log, conversations.heads, conversations.rows, conversations.numbers],
		...[conversations.markers],
		...[conversations.picture, blobs.read, rooms.askBox, rooms.sealBoxes, rooms.streams],
	],
	write: [blobs.create, blobs.offset, blobs.append, blobs.remove, blobs.name, sync.ticketNonce, sync.createTicket],
	manage: [conversations.create, conversations.append, conversations.putPicture, rooms.lease],
}

const scopeByRoute: ReadonlyMap<string, BotScope> = new Map(
	(Object.entries(routesByScope) as [BotScope, readonly Route[]][]).flatMap(([scope, list]) =>
		list.map((route) => [route, scope] as const),
	),
)

/** `scopes` undefined: no bot asks. */
export function mayAsk(route: string, scopes: readonly BotScope[] | undefined): boolean {
	if (scopes === undefined) return true
	const scope = scopeByRoute.get(route)
	return scope !== undefined && scopes.includes(scope)
}
