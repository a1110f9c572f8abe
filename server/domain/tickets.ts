/**
 * Tickets: how a stock y-websocket client, which can prove nothing by itself, reads one page live (SPEC WIRE11, AUTH3), and how a
 * browser's EventSource, which sends no header, hears what happens (feeds.ts).
 * Given for the device's signature over a nonce of ours; kept as hashes, for 30 s, taken by their first use, whatever
 * comes of it.
 */
import { base64urlToBytes, bytesToBase64url, bytesToHex, type Bytes } from '#protocol/bytes.ts'
import { parseGuid } from '#protocol/guid.ts'
import { TICKET_LIFETIME, TICKET_NONCE_LIFETIME } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import { checkDeviceProof } from './device-proof.ts'
import type { Access, AccountStates, ConversationStates, DomainPorts, Instance } from './domain.ts'
import { checkPage, type PagesApi } from './events/api.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import type { Sessions } from './sessions.ts'

export interface TicketWish {
	readonly guid: string
	/** 32 bytes each; serverNonce was given to this session and is used up by this. */
	readonly clientNonce: Bytes
	readonly serverNonce: Bytes
	/** 64 bytes: the device over auth use 3. */
	readonly signature: Bytes
}

export interface GivenTicket {
	/** 32 bytes. */
	readonly ticket: Bytes
	readonly expiresAt: number
	/** For the next one. */
	readonly serverNonce: Bytes
}

/** Whose ticket it was; ids in base64url. */
export interface TicketHolder {
	readonly account: string
	readonly device: string
	readonly sid: string
}

/** In the place of a page's guid: all conversations of the account, as server-sent events (feeds.ts). */
export const feedSubject = 'events'

export interface Tickets {
	/** Refused: rate-limited. */
	nonce(access: Access): Promise<Decided<Bytes>>
	/** Refused: rate-limited, bad-device-proof, device-ended, not-found, not-member. */
	give(access: Access, wish: TicketWish): Promise<Decided<GivenTicket>>
	/** Uses it up. Refused: bad-ticket, and what `check` refuses. */
	redeem(ticket: Bytes, guid: string): Promise<Decided<TicketHolder>>
	/** Does everything still hold that the ticket was given for? Refused: session-ended and the like, device-ended, not-member. */
	check(holder: TicketHolder, guid: string): Promise<Decided<null>>
	/** His session and his device alone. */
	checkHolder(holder: TicketHolder): Promise<Decided<null>>
}

export interface TicketContext extends DomainPorts {
	readonly instance: Instance
	readonly accountStates: AccountStates
	readonly conversationStates: ConversationStates
	readonly sessions: Pick<Sessions, 'verifySession'>
	readonly pages: Pick<PagesApi, 'summary'>
}

export function createTickets(context: TicketContext): Tickets {
	return {
		nonce: async ({ account, sid }) => {
			const limited = await withinLimit(context, 'ticketByAccount', account)
			return limited.ok ? ok(await drawNonce(context, sid)) : limited
		},
		give: (access, wish) => give(context, access, wish),
		redeem: (ticket, guid) => redeem(context, ticket, guid),
		check: (holder, guid) => check(context, holder, guid),
		checkHolder: (holder) => checkHolder(context, holder),
	}
}

function ticketKey({ hash }: Pick<TicketContext, 'hash'>, ticket: Bytes): string {
	return `ticket:${bytesToHex(hash(ticket))}`
}

function nonceKey({ hash }: Pick<TicketContext, 'hash'>, sid: string, nonce: Bytes): string {
	return `ticket-nonce:${sid}:${bytesToHex(hash(nonce))}`
}

async function drawNonce(context: TicketContext, sid: string): Promise<Bytes> {
	const nonce = context.random(32)
	await context.ephemeral.put(nonceKey(context, sid, nonce), '', TICKET_NONCE_LIFETIME)
	return nonce
}

async function give(context: TicketContext, access: Access, wish: TicketWish): Promise<Decided<GivenTicket>> {
	const { account, device, sid } = access
	const limited = await withinLimit(context, 'ticketByAccount', account)
	if (!limited.ok) return limited
	const { guid, serverNonce, ...proof } = wish
	if ((await context.ephemeral.take(nonceKey(context, sid, serverNonce))) === null) return refuse('bad-device-proof')
	const subject = { use: 'ticket', account, sid: base64urlToBytes(sid) as Bytes, serverNonce } as const
	const proven = await checkDeviceProof(context, { device, ...proof }, subject)
	if (!proven.ok) return proven
	const page = await readablePage(context, account, guid)
	if (!page.ok) return page
	const ticket = context.random(32)
	const holder: TicketHolder = { account: bytesToBase64url(account), device: bytesToBase64url(device), sid }
	await context.ephemeral.put(ticketKey(context, ticket), JSON.stringify({ ...holder, guid }), TICKET_LIFETIME)
	return ok({ ticket, expiresAt: context.clock() + TICKET_LIFETIME, serverNonce: await drawNonce(context, sid) })
}

async function redeem(context: TicketContext, ticket: Bytes, guid: string): Promise<Decided<TicketHolder>> {
	const value = await context.ephemeral.take(ticketKey(context, ticket))
	if (value === null) return refuse('bad-ticket')
	const { guid: bound, ...holder } = JSON.parse(value) as TicketHolder & { guid: string }
	if (bound !== guid) return refuse('bad-ticket')
	const checked = await check(context, holder, guid)
	return checked.ok ? ok(holder) : checked
}

async function check(context: TicketContext, holder: TicketHolder, guid: string): Promise<Decided<null>> {
	const checked = await checkHolder(context, holder)
	return checked.ok ? readablePage(context, base64urlToBytes(holder.account) as Bytes, guid) : checked
}

async function checkHolder(context: TicketContext, holder: TicketHolder): Promise<Decided<null>> {
	const session = await context.sessions.verifySession(holder.sid)
	if (!session.ok) return session
	const state = await context.accountStates.get(base64urlToBytes(holder.account) as Bytes)
	const device = state?.devices.get(holder.device)
	return device === undefined || device.ended !== null ? refuse('device-ended') : ok(null)
}

async function readablePage(context: TicketContext, account: Bytes, guid: string): Promise<Decided<null>> {
	if (guid === feedSubject) return ok(null)
	const address = parseGuid(guid)
	if (address === null) return refuse('not-found')
	const state = await context.conversationStates.get(address.conversation)
	if (state?.members.has(bytesToBase64url(account)) !== true) return refuse('not-member')
	return checkPage(address, await context.pages.summary(address.conversation))
}
