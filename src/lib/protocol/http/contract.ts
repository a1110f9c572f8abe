/**
 * The HTTP contract, under /api/v1: typed handlers, the typed client and /api/v1/openapi.json all come from here.
 * Errors are Problem Details (RFC 9457) from errors.ts.
 */
import { accountsContract } from './accounts-contract.ts'
import { adminContract } from './admin-contract.ts'
import { authContract } from './auth-contract.ts'
import { botsContract } from './bots-contract.ts'
import { blobsContract } from './blobs-contract.ts'
import { conversationsContract } from './conversations-contract.ts'
import { friendsContract } from './friends-contract.ts'
import { guestsContract } from './guests-contract.ts'
import { instanceContract } from './instance-contract.ts'
import { invitesContract } from './invites-contract.ts'
import { pushContract } from './push-contract.ts'
import { reportsContract } from './reports-contract.ts'
import { roomsContract } from './rooms-contract.ts'
import { syncContract } from './sync-contract.ts'

export const contract = {
	instance: instanceContract,
	auth: authContract,
	accounts: accountsContract,
	friends: friendsContract,
	conversations: conversationsContract,
	blobs: blobsContract,
	rooms: roomsContract,
	guests: guestsContract,
	invites: invitesContract,
	bots: botsContract,
	push: pushContract,
	sync: syncContract,
	reports: reportsContract,
	admin: adminContract,
}
export type Contract = typeof contract
