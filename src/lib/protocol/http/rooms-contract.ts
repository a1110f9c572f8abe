/** The part of the HTTP contract that groups and rooms need beside their logs: missing boxes, leases, links, directory, knocks. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { ROOM_NAME_MAX, ROOM_TOPIC_MAX } from '../limits.ts'
import {
	accountId,
	base64url,
	box,
	conversationId,
	deviceId,
	log,
	none,
	nonce,
	seq,
	signature,
	time,
} from './schemas.ts'

const linkId = base64url(16)
const ofConversation = { conversation: conversationId }

/** Boxes of accounts at their AK_g, and of links. */
export const accountBoxes = z.array(z.object({ account: accountId, g: seq, box })).check(z.maxLength(4096))
export const linkBoxes = z.array(z.object({ link: linkId, box })).check(z.maxLength(64))

export const roomsContract = {
	sealBoxes: oc
		.route({
			method: 'PUT',
			path: '/conversations/{conversation}/boxes',
			summary: 'Boxes of one epoch for members who miss one',
		})
		.input(z.object({ ...ofConversation, epoch: seq, boxes: accountBoxes, linkBoxes }))
		.output(none),
	askBox: oc
		.route({
			method: 'POST',
			path: '/conversations/{conversation}/boxes/ask',
			summary: 'The own box of an epoch does not open, or did not come: members are told',
		})
		.input(z.object({ ...ofConversation, epoch: seq }))
		.output(none),
	lease: oc
		.route({
			method: 'POST',
			path: '/conversations/{conversation}/rotation',
			summary: 'Who makes the rotation that is due: one at a time, for a minute',
		})
		// The newest epoch that is known: who asks when the next one is made already, has nothing to make.
		.input(z.object({ ...ofConversation, epoch: z.optional(seq) }))
		.output(z.object({ granted: z.boolean(), until: time })),
	streams: oc
		.route({
			method: 'GET',
			path: '/conversations/{conversation}/streams/{account}',
			summary: 'What is stored of the devices of a member: for a cut',
		})
		.input(z.object({ ...ofConversation, account: accountId }))
		.output(
			z.object({
				streams: z.array(z.object({ device: deviceId, page: seq, part: seq, clientId: seq, next: seq })),
			}),
		),
	linkNonce: oc
		.route({ method: 'POST', path: '/links/nonce', summary: 'What a proof of the key of a link is signed over' })
		.output(z.object({ serverNonce: nonce })),
	/** signature: the link's key over auth use 5 with both nonces. */
	openLink: oc
		.route({
			method: 'POST',
			path: '/conversations/{conversation}/links/open',
			summary: 'Log and key of a conversation, for who holds a link to it',
		})
		.input(z.object({ ...ofConversation, linkKey: base64url(32), clientNonce: nonce, serverNonce: nonce, signature }))
		.output(z.object({ log, epoch: seq, box })),
	directory: oc
		.route({ method: 'GET', path: '/rooms', summary: 'Open rooms of this server: anybody with an account may join' })
		.output(
			z.object({
				/** online: how many of the members; servers of before do not say. */
				rooms: z.array(
					z.object({ ...ofConversation, name: z.string(), topic: z.string(), members: seq, online: z.optional(seq) }),
				),
			}),
		),
	/** The secret of its link: the server holds it, and can read the room. */
	enter: oc
		.route({ method: 'POST', path: '/rooms/{conversation}/secret', summary: 'The link of an open room' })
		.input(z.object(ofConversation))
		.output(z.object({ secret: base64url(32) })),
	list: oc
		.route({
			method: 'PUT',
			path: '/rooms/{conversation}',
			summary: 'Puts an open room into the directory, or changes how it stands there (its admins)',
		})
		.input(
			z.object({
				...ofConversation,
				name: z.string().check(z.maxLength(ROOM_NAME_MAX)),
				topic: z.string().check(z.maxLength(ROOM_TOPIC_MAX)),
				link: linkId,
				secret: base64url(32),
			}),
		)
		.output(none),
	/** The answer is the same whether there is such a conversation, and whether it hears knocks. */
	knock: oc
		.route({ method: 'POST', path: '/conversations/{conversation}/knocks', summary: 'Asks to be let in' })
		.input(z.object(ofConversation))
		.output(none),
	knocks: oc
		.route({ method: 'GET', path: '/conversations/{conversation}/knocks', summary: 'Who asks to be let in (admins)' })
		.input(z.object(ofConversation))
		.output(z.object({ knocks: z.array(z.object({ account: accountId, at: time })) })),
	dropKnock: oc
		.route({
			method: 'DELETE',
			path: '/conversations/{conversation}/knocks/{account}',
			summary: 'Does not let somebody in who knocked (admins)',
		})
		.input(z.object({ ...ofConversation, account: accountId }))
		.output(none),
}
