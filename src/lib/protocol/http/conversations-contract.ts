/** Logs, pages and markers of conversations of any kind. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { sealedPictureMax } from '../picture.ts'
import { TAIL_ENTRIES_MAX } from '../limits.ts'
import { accountBoxes, linkBoxes } from './rooms-contract.ts'
import {
	accountId,
	box,
	conversationId,
	cutList,
	kemKey,
	log,
	none,
	position,
	seq,
	signedEntry,
	signedHead,
	time,
	base64url,
} from './schemas.ts'

const pictureId = base64url(16)
const sealedPicture = base64url(sealedPictureMax)

const pageHead = z.object({ page: seq, part: seq, version: seq, posts: seq, digest: base64url(16) })
export const heads = z.object({ version: seq, current: seq, recv: seq, pages: z.array(pageHead) })
/** update: a Yjs v1 update with every row of the page; recv: one recvSeq per item in its order. */
export const rows = z.object({ update: base64url(4 * 1024 * 1024), recv: z.array(seq) })

/** Each stream of the page with the recvSeq of its clocks from 0 on. */
const numbers = z.object({ streams: z.array(z.object({ clientId: seq, recv: z.array(seq) })) })

export const conversationsContract = {
	list: oc
		.route({ method: 'GET', path: '/conversations', summary: 'Conversations of this account, newest activity first' })
		.output(
			z.object({
				conversations: z.array(
					z.object({ conversation: conversationId, headSeq: seq, recv: seq, current: seq, lastAt: time }),
				),
			}),
		),
	create: oc
		.route({
			method: 'POST',
			path: '/conversations',
			summary: 'Creates a conversation: create, rotate and boxes in one transaction',
			successStatus: 201,
		})
		.input(
			z.object({
				create: signedEntry,
				rotate: signedEntry,
				boxes: accountBoxes,
			}),
		)
		.output(z.object({ conversation: conversationId, head: signedHead })),
	log: oc
		.route({
			method: 'GET',
			path: '/conversations/{conversation}/log',
			summary: 'Log of a conversation, and the boxes for this account',
		})
		.input(z.object({ conversation: conversationId, from: z.optional(position) }))
		.output(
			z.object({
				log,
				boxes: z.array(z.object({ epoch: seq, g: seq, box })),
				/** Lists that cut entries name by hash (cut.ts). */
				cutLists: z.array(cutList),
				/** X-Wing keys of links. Servers of 0.1.0 know none, and no missing boxes. */
				linkKeys: z.optional(z.array(z.object({ link: base64url(16), key: kemKey }))),
				/** Members who wait for a box. */
				missing: z.optional(z.array(z.object({ account: accountId, epoch: seq }))),
			}),
		),
	putPicture: oc
		.route({
			method: 'PUT',
			path: '/conversations/{conversation}/pictures/{picture}',
			summary: 'Brings the sealed picture of a group or room, which its next title names',
		})
		.input(z.object({ conversation: conversationId, picture: pictureId, sealed: sealedPicture }))
		.output(none),
	picture: oc
		.route({
			method: 'GET',
			path: '/conversations/{conversation}/pictures/{picture}',
			summary: 'A sealed picture, for members',
		})
		.input(z.object({ conversation: conversationId, picture: pictureId }))
		.output(z.object({ sealed: sealedPicture })),
	append: oc
		.route({
			method: 'POST',
			path: '/conversations/{conversation}/log',
			summary: 'Appends one entry, with boxes where it rotates',
		})
		.input(
			z.object({
				conversation: conversationId,
				entry: signedEntry,
				boxes: accountBoxes,
				/** One for each live link, with an entry that makes an epoch; with a link the one for it. */
				linkBoxes: z.optional(linkBoxes),
				/** With an entry that ends a right to write, and with nothing else: the list that it names by hash. */
				cutList: z.optional(cutList),
				/** With a link, and with nothing else: the X-Wing key whose hash it names. */
				linkKey: z.optional(kemKey),
			}),
		)
		.output(z.object({ head: signedHead })),
	handBack: oc
		.route({
			method: 'POST',
			path: '/conversations/{conversation}/tail',
			summary: 'Hands back what a restored server has forgotten of a log, up to a head that it signed',
		})
		.input(
			z.object({
				conversation: conversationId,
				/** With the entries of a log that the server has not at all, 0. */
				log,
				/** Lists that their cuts name by hash. */
				cutLists: z.array(cutList).check(z.maxLength(TAIL_ENTRIES_MAX)),
				/** X-Wing keys of links, as far as they are known. */
				linkKeys: z.array(kemKey).check(z.maxLength(TAIL_ENTRIES_MAX)),
			}),
		)
		.output(z.object({ head: signedHead })),
	heads: oc
		.route({
			method: 'GET',
			path: '/conversations/{conversation}/heads',
			summary: 'Pages with their digests, changed since a version',
		})
		.input(z.object({ conversation: conversationId, since: z.optional(position) }))
		.output(heads),
	rows: oc
		.route({
			method: 'GET',
			path: '/conversations/{conversation}/pages/{page}/{part}',
			summary: 'All rows of a page, where digests differ',
		})
		.input(z.object({ conversation: conversationId, page: position, part: position }))
		.output(rows),
	numbers: oc
		.route({
			method: 'GET',
			path: '/conversations/{conversation}/pages/{page}/{part}/numbers',
			summary: 'Numbers of the rows of a page, for who has the rows from elsewhere',
		})
		.input(z.object({ conversation: conversationId, page: position, part: position }))
		.output(numbers),
	markers: oc
		.route({ method: 'GET', path: '/conversations/{conversation}/markers', summary: 'Newest markers of every member' })
		.input(z.object({ conversation: conversationId }))
		.output(z.object({ markers: z.array(z.object({ account: accountId, marker: base64url(1024) })) })),
}
