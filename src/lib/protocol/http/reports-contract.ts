/** Reports to the server, to its operator and to the admins of a conversation (SPEC RPT). */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { REPORT_ADMINS_MAX, REPORT_MAX } from '../limits.ts'
import { accountId, base64url, box, conversationId, none, seq, time } from './schemas.ts'

const reportId = base64url(16)
const ofConversation = { conversation: conversationId }

export const reportsContract = {
	/** A bad signature is the server's own question; a message goes to the operator, who reads it. */
	send: oc
		.route({
			method: 'POST',
			path: '/reports',
			summary: 'A signed report: an item whose signature does not verify, or a message for the operator',
		})
		.input(z.object({ report: base64url(REPORT_MAX) }))
		.output(none),
	/** `sealed`: the signed report, which the server cannot read; one box for each owner and admin, at their AK_g. */
	sendToAdmins: oc
		.route({
			method: 'POST',
			path: '/conversations/{conversation}/reports',
			summary: 'A report for the owners and admins of a group or room, sealed to them',
		})
		.input(
			z.object({
				...ofConversation,
				sealed: base64url(REPORT_MAX),
				boxes: z.array(z.object({ account: accountId, g: seq, box })).check(z.maxLength(REPORT_ADMINS_MAX)),
			}),
		)
		.output(none),
	list: oc
		.route({
			method: 'GET',
			path: '/conversations/{conversation}/reports',
			summary: 'Reports that were sealed to you as an owner or admin',
		})
		.input(z.object(ofConversation))
		.output(
			z.object({
				reports: z.array(
					z.object({
						id: reportId,
						at: time,
						/** Who sent it, by his session: what is inside says it once more, signed. */
						reporter: accountId,
						sealed: base64url(REPORT_MAX),
						g: seq,
						box,
					}),
				),
			}),
		),
	dismiss: oc
		.route({
			method: 'DELETE',
			path: '/conversations/{conversation}/reports/{id}',
			summary: 'Forgets a report, for all owners and admins',
		})
		.input(z.object({ ...ofConversation, id: reportId }))
		.output(none),
}
