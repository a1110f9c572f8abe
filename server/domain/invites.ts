/** Invitations: tokens that let somebody make an account. Admins give them; only hashes are kept. */
import { bytesToBase64url, utf8ToBytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import type { Access, DomainPorts } from './domain.ts'
import type { InviteRow } from './ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

const day = 24 * 60 * 60 * 1000

export interface Invites {
	/** The token is in this answer and nowhere else. Refused: forbidden, rate-limited. */
	create(
		access: Access,
		about: { uses: number; days: number },
	): Promise<Decided<{ id: string; token: string; expiresAt: number }>>
	/** Those that still work. Refused: forbidden. */
	list(access: Access): Promise<Decided<InviteRow[]>>
	/** Refused: forbidden, not-found. */
	revoke(access: Access, id: string): Promise<Decided<null>>
}

export function createInvites(ports: DomainPorts): Invites {
	const { repositories, unitOfWork, clock, random, hash } = ports
	return {
		create: async (access, { uses, days }) => {
			if (access.role !== 'admin') return refuse('forbidden')
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
			await unitOfWork.transaction(({ invites }) => invites.insert(row))
			return ok({ id, token, expiresAt })
		},
		list: async (access) => {
			if (access.role !== 'admin') return refuse('forbidden')
			return ok(await repositories.invites.open(clock()))
		},
		revoke: async (access, id) => {
			if (access.role !== 'admin') return refuse('forbidden')
			const found = await unitOfWork.transaction(({ invites }) => invites.delete(id))
			return found ? ok(null) : refuse('not-found')
		},
	}
}
