/** Every limit against abuse of the HTTP edge, with the attack that it stops. Keys are hashed before they are kept. */
import { bytesToBase64url, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import type { Limit } from './cluster-ports.ts'
import type { DomainPorts } from './domain.ts'
import type { Decided } from './refusal.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

export const rateLimits = {
	/** Guessing one person's password from one address. */
	loginByCaller: { name: 'login-caller', points: 10, windowMs: 5 * minute },
	/** The same from many addresses: every OPRF evaluation for a name, login or registration, counts here. */
	oprfByName: { name: 'oprf-name', points: 120, windowMs: hour },
	/** Trying one password on many names. */
	loginByIp: { name: 'login-ip', points: 120, windowMs: 10 * minute },
	/** Guessing invite and set-up tokens; only failures count. */
	badGrantByIp: { name: 'bad-grant', points: 20, windowMs: 10 * minute },
	/** Filling the server with accounts where sign-up is open. */
	openSignUpByIp: { name: 'open-sign-up', points: 30, windowMs: hour },
	/** Wearing the server out with registrations under a valid grant. */
	registrationByIp: { name: 'registration', points: 1200, windowMs: 10 * minute },
	/** Refreshing in a loop. */
	refreshByIp: { name: 'refresh', points: 1200, windowMs: 10 * minute },
	/** Listing who is here by trying names. */
	resolveByAccount: { name: 'resolve', points: 60, windowMs: 10 * minute },
	/** Pestering people with requests. */
	friendRequestByAccount: { name: 'friend-request', points: 60, windowMs: hour },
	/** Making the server write to strangers: confirmations of one account. */
	emailByAccount: { name: 'email', points: 10, windowMs: hour },
	/** Finding addresses by the score, and pestering people by mail. */
	emailInviteByAccount: { name: 'email-invite', points: 30, windowMs: hour },
	/** Filling one mailbox: confirmations to it, whoever asked. Beyond it nothing is sent, and nobody is told. */
	confirmationByAddress: { name: 'email-confirmation-address', points: 5, windowMs: day },
	/** The same by invitations. */
	emailInviteByAddress: { name: 'email-invite-address', points: 5, windowMs: day },
	/** Nagging one person by repeated invitations. */
	emailInviteByPair: { name: 'email-invite-pair', points: 1, windowMs: day },
	/** Minting invites without end with a stolen admin's token. */
	inviteByAccount: { name: 'invite', points: 60, windowMs: hour },
	/** Opening stock clients in a loop. */
	ticketByAccount: { name: 'ticket', points: 600, windowMs: 10 * minute },
	/** Making the server verify without end. */
	reportByAccount: { name: 'report', points: 120, windowMs: 10 * minute },
	/** Trying keys of links. */
	linkByAccount: { name: 'link', points: 120, windowMs: 10 * minute },
	/** Knocking at every door. */
	knockByAccount: { name: 'knock', points: 30, windowMs: hour },
	/** Taking the places of guests, one after the other. */
	guestByIp: { name: 'guest', points: 120, windowMs: 10 * minute },
	/** Pulling everything that is open, again and again: logs, accounts and pages that one guest reads. */
	readByGuest: { name: 'guest-read', points: 600, windowMs: minute },
	/** The same by many guests of one address. */
	guestReadsByIp: { name: 'guest-reads', points: 3000, windowMs: minute },
	/** Drowning one device: messages that wake it. Beyond it none is sent, and nobody is told. */
	pushByDevice: { name: 'push-device', points: 60, windowMs: 10 * minute },
	/** Making the server ask push services without end. */
	pushTestByAccount: { name: 'push-test', points: 10, windowMs: 10 * minute },
	/** Guessing secrets of subscriptions, and making the server look for addresses. */
	pushRenewalByIp: { name: 'push-renewal', points: 60, windowMs: 10 * minute },
	/** Filling the disk: vault versions, profiles, log entries, conversations of one account. */
	writeByAccount: { name: 'write', points: 1200, windowMs: 10 * minute },
} as const satisfies Record<string, Limit>

export type RateLimit = keyof typeof rateLimits

/** Takes one point; refuses with rate-limited and the time to wait. */
export async function withinLimit(
	{ limiter, hash }: Pick<DomainPorts, 'limiter' | 'hash'>,
	limit: RateLimit,
	key: string | Bytes,
): Promise<Decided<null>> {
	const bytes = typeof key === 'string' ? utf8ToBytes(key) : key
	const exceeded = await limiter.consume(rateLimits[limit], bytesToBase64url(hash(bytes).slice(0, 16)))
	if (exceeded === null) return ok(null)
	return { ok: false, error: { type: 'rate-limited', retryAfterMs: exceeded.retryAfterMs } }
}
