/**
 * Invitations: tokens that let somebody make an account; only hashes are kept. Admins give as many as they like, members as many
 * places as the operator lets each of them give (KITH_MEMBER_INVITES).
 */
import { bytesToBase64url, equalBytes, utf8ToBytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import type { Access, DomainPorts } from './domain.ts'
import type { InviteRow, Repositories } from './ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { decideInTransaction } from './transaction.ts'

const day = 24 * 60 * 60 * 1000

export interface OwnInvites {
	readonly invites: readonly InviteRow[]
	/** New people whom this account may still bring in; null: as many as it likes. */
	readonly left: number | null
}

export interface Invites {
	/** The token is in this answer and nowhere else. Refused: invites-spent, rate-limited. */
	create(
		access: Access,
		about: { uses: number; days: number },
	): Promise<Decided<{ id: string; token: string; expiresAt: number }>>
	/** Those that still work: all for an admin, else the own. */
	list(access: Access): Promise<OwnInvites>
	/** Refused: not-found, also for what somebody else made, unless to an admin. */
	revoke(access: Access, id: string): Promise<Decided<null>>
}

type Holder = Pick<Access, 'account' | 'role'>

export function createInvites(ports: DomainPorts): Invites {
	const { repositories, unitOfWork, clock, random, hash, policy } = ports

	/** Null: no limit. */
	async function placesLeft({ invites }: Repositories, { account, role }: Holder): Promise<number | null> {
		if (role === 'admin') return null
		return Math.max(0, policy.memberInvites - (await invites.givenBy(account, clock())))
	}

	const isOwn = ({ account, role }: Holder, row: InviteRow) => role === 'admin' || equalBytes(row.createdBy, account)

	return {
		create: async (access, { uses, days }) => {
			const limited = await withinLimit(ports, 'inviteByAccount', access.account)
			if (!limited.ok) return limited
			const token = bytesToBase64url(random(24))
			const id = bytesToBase64url(random(9))
			const [createdAt, expiresAt] = [clock(), clock() + days * day]
			const row = {
				id,
				tokenHash: hash(utf8ToBytes(token)),
				createdBy: access.account,
				createdAt,
				expiresAt,
				usesLeft: uses,
			}
			// Counted where it is written: two at once take no place twice.
			return decideInTransaction(unitOfWork, async ({ repositories: inside }) => {
				const left = await placesLeft(inside, access)
				if (left !== null && uses > left) return refuse('invites-spent')
				await inside.invites.insert(row)
				return ok({ id, token, expiresAt })
			})
		},
		list: async (access) => {
			const open = await repositories.invites.open(clock())
			return { invites: open.filter((row) => isOwn(access, row)), left: await placesLeft(repositories, access) }
		},
		revoke: async (access, id) => {
			const found = await unitOfWork.transaction(async ({ invites }) => {
				const row = (await invites.open(clock())).find((invite) => invite.id === id)
				return row !== undefined && isOwn(access, row) && (await invites.delete(id))
			})
			return found ? ok(null) : refuse('not-found')
		},
	}
}
