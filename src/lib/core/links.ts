/** Links that are shown and read: what stands behind the # never reaches a server. */
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { idToText, serverIdOf } from '#protocol/ids.ts'
import { decodeLinkFragment, encodeLinkFragment, type LinkFragment, type LinkFragmentOf } from '#protocol/link.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { Crypto } from '#crypto/suite.ts'
import type { AccountId, KithError } from './api.ts'
import { toKithError } from './http-errors.ts'
import type { Accounts, Self } from './identity.ts'
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
	return fragmentIn(url, 'friend')
}

/** One link may carry several, side by side behind the # (SPEC LNK6): the first of this type. */
export function fragmentIn<T extends LinkFragment['type']>(url: string, type: T): LinkFragmentOf<T> | null {
	const parts = url.slice(url.lastIndexOf('#') + 1).split('.')
	const found = parts.map(decodeLinkFragment).find((fragment) => fragment?.type === type)
	return (found as LinkFragmentOf<T> | undefined) ?? null
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
	const { self, http } = session
	const terms = input.invite
	const invite = terms === null ? null : await http.call((api) => api.invites.create(terms))
	if (invite !== null && !invite.ok) return fail(toKithError(invite.error))
	const server = serverIdOf(input.crypto.hash, self.serverKey)
	const fragment = await friendFragment(session, { token: invite?.value.token ?? null, server })
	if (!fragment.ok) return fragment
	return ok({ url: `${input.origin}/i#${fragment.value}`, expiresAt: invite?.value.expiresAt ?? null })
}

/** Who we are, for what stands behind the # of a link. */
export async function friendFragment(
	{ self, accounts }: { readonly self: Self; readonly accounts: Accounts },
	{ token, server }: { readonly token: string | null; readonly server: Bytes },
): Promise<Result<string, KithError>> {
	const state = await accounts.load(self.account)
	if (!state.ok) return state
	const { head, idHash } = state.value
	const short = { seq: head.seq, hash16: head.hash.slice(0, 16) }
	const invite = token === null ? null : base64urlToBytes(token)
	return ok(encodeLinkFragment({ type: 'friend', server, idHash, head: short, invite }))
}
