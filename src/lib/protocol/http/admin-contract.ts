/** What the administrators of an instance do beside inviting (invites-contract.ts): people, rooms, figures, reports. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { adminActNames } from './admin-acts.ts'
import { ADMIN_PAGE_MAX, REPORT_MAX } from '../limits.ts'
import { accountId, base64url, conversationId, name, none, seq, time } from './schemas.ts'

const ofAccount = { account: accountId }
const reportId = base64url(16)

const person = z.object({
	account: accountId,
	name,
	role: z.enum(['admin', 'user']),
	createdAt: time,
	/** Null: may sign in. */
	disabledAt: z.nullable(time),
})

export const adminContract = {
	/** By name. `search`: a part of it; `after`: the last name of the page before; null in `next`: there are no more. */
	users: oc
		.route({ method: 'GET', path: '/admin/users', summary: 'Accounts of this server, a page at a time (admins)' })
		.input(
			z.object({
				search: z.optional(name),
				after: z.optional(name),
				limit: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(ADMIN_PAGE_MAX))),
			}),
		)
		.output(z.object({ users: z.array(person), total: seq, next: z.nullable(name) })),
	disable: oc
		.route({
			method: 'POST',
			path: '/admin/users/{account}/disable',
			summary: 'Closes an account: its sessions and sockets end at once (admins)',
		})
		.input(z.object(ofAccount))
		.output(none),
	enable: oc
		.route({ method: 'POST', path: '/admin/users/{account}/enable', summary: 'Opens a closed account (admins)' })
		.input(z.object(ofAccount))
		.output(none),
	setRole: oc
		.route({
			method: 'PUT',
			path: '/admin/users/{account}/role',
			summary: 'Makes somebody an administrator, or no longer; never the last one (admins)',
		})
		.input(z.object({ ...ofAccount, role: z.enum(['admin', 'user']) }))
		.output(none),
	/** Of private groups, rooms and direct conversations there is a number, and nothing else. */
	rooms: oc
		.route({ method: 'GET', path: '/admin/rooms', summary: 'Open rooms, and how many private ones (admins)' })
		.output(
			z.object({
				open: z.array(
					z.object({
						conversation: conversationId,
						/** As it stands in the directory; null where it was never listed. */
						name: z.nullable(z.string()),
						members: seq,
						archived: z.boolean(),
						createdAt: time,
						/** When the last message was stored; 0 before the first. */
						lastAt: time,
					}),
				),
				private: seq,
			}),
		),
	figures: oc
		.route({ method: 'GET', path: '/admin/figures', summary: 'What this server stores, in numbers (admins)' })
		.output(
			z.object({
				accounts: seq,
				disabled: seq,
				admins: seq,
				conversations: z.object({ direct: seq, groups: seq, openRooms: seq, privateRooms: seq, notices: seq }),
				/** Rows of events: messages, edits, reactions, deletions. */
				messages: seq,
				/** Sealed bytes of these rows as they came. */
				messageBytes: seq,
				/** The database file. */
				databaseBytes: seq,
			}),
		),
	/** `before`: `next` of the page before. Names are null where the account is gone, or it is none. */
	audit: oc
		.route({
			method: 'GET',
			path: '/admin/audit',
			summary: 'What administrators and the operator did, newest first (admins)',
		})
		.input(
			z.object({
				before: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(Number.MAX_SAFE_INTEGER))),
				limit: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(ADMIN_PAGE_MAX))),
			}),
		)
		.output(
			z.object({
				entries: z.array(
					z.object({
						seq,
						at: time,
						/** Null: the operator, at the machine. */
						by: z.nullable(accountId),
						byName: z.nullable(z.string()),
						act: z.enum(adminActNames),
						/** An account, or the id of a report. */
						subject: z.nullable(z.string()),
						subjectName: z.nullable(z.string()),
					}),
				),
				next: z.nullable(seq),
			}),
		),
	/** To the operator only: what went to the admins of a room is theirs (reports-contract.ts). */
	reports: oc
		.route({ method: 'GET', path: '/admin/reports', summary: 'Messages that were reported to the operator (admins)' })
		.output(z.object({ reports: z.array(z.object({ id: reportId, at: time, report: base64url(REPORT_MAX) })) })),
	dismissReport: oc
		.route({
			method: 'DELETE',
			path: '/admin/reports/{id}',
			summary: 'Forgets a report, and the keys that it disclosed (admins)',
		})
		.input(z.object({ id: reportId }))
		.output(none),
}
