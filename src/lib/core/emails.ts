/** The own e-mail address, and invitations by those of others. */
import type { Crypto } from '#crypto/suite.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { EmailView, KithError } from './api.ts'
import { toKithError } from './http-errors.ts'
import { friendLink, usualInvite } from './links.ts'
import type { SignedInSession } from './signed-in.ts'

export async function ownEmail({ http }: SignedInSession): Promise<Result<EmailView, KithError>> {
	const answer = await http.call((api) => api.accounts.email())
	return answer.ok ? answer : fail(toKithError(answer.error))
}

export async function setEmail({ http }: SignedInSession, address: string | null): Promise<Result<null, KithError>> {
	const answer = await http.call((api) => api.accounts.setEmail({ address }))
	return answer.ok ? ok(null) : fail(toKithError(answer.error))
}

export async function confirmEmail({ http }: SignedInSession, token: string): Promise<Result<null, KithError>> {
	const answer = await http.call((api) => api.accounts.confirmEmail({ token }))
	return answer.ok ? ok(null) : fail(toKithError(answer.error))
}

/**
 * The link is made whatever the server knows of the address, which it does not say: a link for unknown addresses alone would
 * tell that this one is unknown.
 */
export async function inviteByEmail(
	session: SignedInSession,
	input: { address: string; origin: string; crypto: Crypto; isOpen: boolean; mayInvite: boolean },
): Promise<Result<{ sent: boolean; url: string; letsIn: boolean }, KithError>> {
	const { address, origin, crypto, isOpen } = input
	const answer = await session.http.call((api) => api.friends.inviteByEmail({ address }))
	const noMail = !answer.ok && answer.error.type === 'problem' && answer.error.code === 'no-mail'
	if (!answer.ok && !noMail) return fail(toKithError(answer.error))
	const invites = !isOpen && input.mayInvite
	const link = await friendLink(session, { invite: invites ? usualInvite : null, origin, crypto })
	return link.ok ? ok({ sent: !noMail, url: link.value.url, letsIn: isOpen || invites }) : link
}
