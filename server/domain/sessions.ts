/**
 * Sessions: one family per sign-in of a device, named by its sid. A refresh token is used once and signed for by the device
 * (session-refresh.ts); an access token lives 10 minutes, but a sid that was ended is refused at once.
 */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import { botStanding, mayActNow } from './bots.ts'
import { createAccessTokens } from './access-tokens.ts'
import type { Access, AccountStates, Caller, DomainPorts, Instance, SessionsApi } from './domain.ts'
import type { AccountRow, SessionFamily } from './ports.ts'
import { refuse, type Decided } from './refusal.ts'
import { codeOfEnd, endFamily, type OpenedSession, type SessionContext } from './session-families.ts'
import { nonceToSign, refreshSession, type RefreshRequest } from './session-refresh.ts'

export interface Sessions extends SessionsApi {
	/** Refused: session-ended or the code of its end, disabled. What is asked in place of a token where none can come. */
	verifySession(sid: string): Promise<Decided<AccountRow>>
	refresh(request: RefreshRequest, caller: Caller): Promise<Decided<OpenedSession>>
	nonceToSign(token: string | null, caller: Caller): Promise<Decided<Bytes>>
	/** Live ones, the last used first. */
	list(account: Bytes): Promise<SessionFamily[]>
	/** Refused: not-found, for the sid of another account too. */
	end(account: Bytes, sid: string): Promise<Decided<null>>
	dropExpired(): Promise<void>
}

export function sessionContext(ports: DomainPorts, instance: Instance, accountStates: AccountStates): SessionContext {
	return { ...ports, instance, accountStates, accessTokens: createAccessTokens(ports, instance) }
}

export function createSessions(context: SessionContext): Sessions {
	const { repositories, unitOfWork, clock } = context
	return {
		verifyAccess: (token) => verifyAccess(context, token),
		verifySession: (sid) => verifySession(context, sid),
		refresh: (request, caller) => refreshSession(context, request, caller),
		nonceToSign: (token, caller) => nonceToSign(context, token, caller),
		list: (account) => repositories.sessions.familiesOf(account),
		end: (account, sid) => endSession(context, account, sid),
		dropExpired: () => unitOfWork.transaction(({ sessions }) => sessions.deleteExpired(clock())),
	}
}

async function verifyAccess(context: SessionContext, token: string): Promise<Decided<Access>> {
	const claims = await context.accessTokens.verify(token)
	if (claims === null) return refuse('unauthenticated')
	if (claims.role === 'guest') return refuse('forbidden')
	const person = await verifySession(context, claims.sid)
	if (!person.ok) return person
	const scopes = await botStanding(context.repositories, person.value)
	return scopes.ok ? ok({ ...claims, role: person.value.role, scopes: scopes.value }) : scopes
}

/** Asked of the database each time: no cache could say "ended" at once on every node. */
async function verifySession({ repositories }: SessionContext, sid: string): Promise<Decided<AccountRow>> {
	const family = await repositories.sessions.family(sid)
	const person = family === null ? null : await repositories.accounts.byId(family.account)
	if (family === null || family.endedAt !== null) return refuse(codeOfEnd(family, person))
	return mayActNow(repositories, person)
}

function endSession(context: SessionContext, account: Bytes, sid: string): Promise<Decided<null>> {
	return context.unitOfWork.transaction(async (repositories, afterCommit) => {
		const family = await repositories.sessions.family(sid)
		if (family === null || !equalBytes(family.account, account)) return refuse('not-found')
		await endFamily(context, { repositories, afterCommit }, { family, code: 'session-ended' })
		return ok(null)
	})
}
