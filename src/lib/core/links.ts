/** Links that are shown and read: what stands behind the # never reaches a server. */
import { base64urlToBytes, bytesToBase64url, equalBytes } from '#protocol/bytes.ts'
import { idToText, serverIdOf } from '#protocol/ids.ts'
import { decodeLinkFragment, encodeLinkFragment, type LinkFragmentOf } from '#protocol/link.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { Crypto } from '#crypto/suite.ts'
import type { AccountId, KithError } from './api.ts'
import { toKithError } from './http-errors.ts'
import type { SignedInSession } from './signed-in.ts'

export interface ReadLink {
	readonly account: AccountId
	readonly displayName: string | null
	readonly invite: string | null
	readonly self: boolean
	readonly friends: boolean
}

/** From a whole URL or its fragment. */
export function parseFriendLink(url: string): LinkFragmentOf<'friend'> | null {
	const fragment = decodeLinkFragment(url.slice(url.lastIndexOf('#') + 1))
	return fragment?.type === 'friend' ? fragment : null
}

/** `session` null: nobody is signed in, so only the link itself speaks. */
export function readLink(
	url: string,
	session: SignedInSession | null,
	known: { crypto: Crypto; serverKey: Uint8Array<ArrayBuffer> | null },
): Result<ReadLink, KithError> {
	const link = parseFriendLink(url)
	if (link === null) return fail({ type: 'bad-link', reason: 'malformed' })
	const { serverKey, crypto } = known
	if (serverKey !== null && !equalBytes(serverIdOf(crypto.hash, serverKey), link.server))
		return fail({ type: 'bad-link', reason: 'other-server' })
	const account = idToText(link.idHash)
	const invite = link.invite === null ? null : bytesToBase64url(link.invite)
	const isKnown = session !== null && session.accounts.known(account) !== null
	return ok({
		account,
		displayName: isKnown ? session.accounts.person(account).displayName : null,
		invite,
		self: session?.self.account === account,
		friends: session?.friends.stateOf(account) === 'accepted',
	})
}

/** How many people an invitation lets in, and for how long. */
export interface InviteTerms {
	readonly uses: number
	readonly days: number
}

/** What the own link carries unless somebody asks for more: one new person, two weeks. */
export const usualInvite: InviteTerms = { uses: 1, days: 14 }

/** The own link; an invite in it lets new people in, where this account may invite. */
export async function friendLink(
	session: SignedInSession,
	input: { invite: InviteTerms | null; origin: string; crypto: Crypto },
): Promise<Result<{ url: string; expiresAt: number | null }, KithError>> {
	const { self, accounts, http } = session
	const state = await accounts.load(self.account)
	if (!state.ok) return state
	const terms = input.invite
	const invite = terms === null ? null : await http.call((api) => api.invites.create(terms))
	if (invite !== null && !invite.ok) return fail(toKithError(invite.error))
	const { head, idHash } = state.value
	const fragment = encodeLinkFragment({
		type: 'friend',
		server: serverIdOf(input.crypto.hash, self.serverKey),
		idHash,
		head: { seq: head.seq, hash16: head.hash.slice(0, 16) },
		invite: invite === null ? null : base64urlToBytes(invite.value.token),
	})
	return ok({ url: `${input.origin}/i#${fragment}`, expiresAt: invite?.value.expiresAt ?? null })
}
