/** All that a guest may ask: a visitor without an account, who reads open rooms (SPEC GST). Everything else refuses his token. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { blobPiece } from './blobs-contract.ts'
import { heads, rows } from './conversations-contract.ts'
import {
	accountId,
	base64url,
	box,
	conversationId,
	cutList,
	deviceId,
	log,
	name,
	none,
	position,
	seq,
	time,
} from './schemas.ts'

const ofRoom = { conversation: conversationId }

export const guestsContract = {
	/** signingKey: Ed25519, of a device that ends with the visit. */
	enter: oc
		.route({
			method: 'POST',
			path: '/guests',
			summary: 'Begins a visit without an account, where the server takes guests',
		})
		.input(z.object({ signingKey: base64url(32) }))
		.output(
			z.object({
				account: accountId,
				device: deviceId,
				sid: z.string(),
				accessToken: z.string(),
				/** The visit's end, whatever happens. */
				expiresAt: time,
				serverTime: time,
			}),
		),
	leave: oc.route({ method: 'DELETE', path: '/guests', summary: 'Ends the visit' }).output(none),
	rooms: oc
		.route({ method: 'GET', path: '/guests/rooms', summary: 'Open rooms that a guest may read' })
		.output(z.object({ rooms: z.array(z.object({ ...ofRoom, name: z.string(), topic: z.string() })) })),
	/** secret: that of the room's link, by which the box of its newest key opens. The server holds it, and can read the room. */
	log: oc
		.route({ method: 'GET', path: '/guests/rooms/{conversation}/log', summary: 'Log and key of an open room' })
		.input(z.object({ ...ofRoom, from: z.optional(position) }))
		.output(
			z.object({
				log,
				cutLists: z.array(cutList),
				link: z.object({ secret: base64url(32), epoch: seq, box }),
			}),
		),
	/** name, profile: null of who has written nothing there. */
	account: oc
		.route({
			method: 'GET',
			path: '/guests/rooms/{conversation}/accounts/{account}',
			summary: 'What it takes to verify somebody in the log of an open room',
		})
		.input(z.object({ ...ofRoom, account: accountId, from: z.optional(position) }))
		.output(z.object({ log, name: z.nullable(name), profile: z.nullable(base64url(1024)) })),
	heads: oc
		.route({
			method: 'GET',
			path: '/guests/rooms/{conversation}/heads',
			summary: 'Pages of an open room with their digests, changed since a version',
		})
		.input(z.object({ ...ofRoom, since: z.optional(position) }))
		.output(heads),
	rows: oc
		.route({
			method: 'GET',
			path: '/guests/rooms/{conversation}/pages/{page}/{part}',
			summary: 'All rows of a page of an open room',
		})
		.input(z.object({ ...ofRoom, page: position, part: position }))
		.output(rows),
	blob: oc
		.route({
			method: 'GET',
			path: '/guests/rooms/{conversation}/blobs/{blob}',
			summary: 'A piece of a file in an open room',
			inputStructure: 'detailed',
			outputStructure: 'detailed',
		})
		.input(
			z.object({
				params: z.object({ ...ofRoom, blob: base64url(16) }),
				query: z.object({ from: z.optional(position) }),
			}),
		)
		.output(blobPiece),
}
