/**
 * The optional e-mail address of an account (SPEC EML). It counts once its mailbox has shown the account the one-time link;
 * until then the server has only been told about it. What is answered never depends on who else has an address.
 */
import { bytesToBase64url, equalBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { foldEmailAddress } from '#protocol/email-address.ts'
import { EMAIL_CONFIRMATION_LIFETIME } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import type { Access, DomainPorts } from './domain.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { decideInTransaction, type Transaction } from './transaction.ts'

export interface OwnEmail {
	readonly address: string | null
	readonly pending: string | null
}

export interface Emails {
	own(access: Access): Promise<OwnEmail>
	/** Null forgets the address, and the one that waits. Refused: no-mail, bad-email, rate-limited. */
	set(access: Access, address: string | null): Promise<Decided<null>>
	/** Refused: bad-confirmation, rate-limited. */
	confirm(access: Access, token: string): Promise<Decided<null>>
	dropExpired(): Promise<void>
}

type Ports = Pick<
	DomainPorts,
	'repositories' | 'unitOfWork' | 'clock' | 'random' | 'hash' | 'limiter' | 'mailer' | 'log'
>

export function createEmails(ports: Ports): Emails {
	const { repositories, unitOfWork, clock } = ports
	return {
		own: async ({ account }) => {
			const pending = await repositories.emails.pending(account)
			const waits = pending !== null && pending.expiresAt > clock()
			return { address: await repositories.emails.of(account), pending: waits ? pending.address : null }
		},
		set: (access, address) => (address === null ? forget(ports, access) : ask(ports, access, address)),
		confirm: (access, token) => confirm(ports, access, token),
		dropExpired: () => unitOfWork.transaction(({ emails }) => emails.deleteExpired(clock())),
	}
}

/** Null: there was none. Refused: no-mail, bad-email. */
export function admissibleAddress(
	{ mailer }: Pick<DomainPorts, 'mailer'>,
	input: string | undefined,
): Decided<string | null> {
	if (input === undefined) return ok(null)
	if (mailer === null) return refuse('no-mail')
	const address = foldEmailAddress(input)
	return address === null ? refuse('bad-email') : ok(address)
}

/** In the transaction that stores who asks: the address waits from now on, and after the commit the link goes out. */
export async function askToConfirm(
	ports: Ports,
	{ repositories, afterCommit }: Transaction,
	{ account, address }: { account: Bytes; address: string },
): Promise<void> {
	const token = bytesToBase64url(ports.random(24))
	const tokenHash = ports.hash(utf8ToBytes(token))
	await repositories.emails.setPending({
		account,
		address,
		tokenHash,
		expiresAt: ports.clock() + EMAIL_CONFIRMATION_LIFETIME,
	})
	afterCommit(() =>
		ports.mailer?.send(async () => {
			const within = await withinLimit(ports, 'confirmationByAddress', address)
			const person = await ports.repositories.accounts.byId(account)
			return within.ok && person !== null ? { type: 'confirmation', to: address, name: person.name, token } : null
		}),
	)
}

async function ask(ports: Ports, { account }: Access, input: string): Promise<Decided<null>> {
	const address = admissibleAddress(ports, input)
	if (!address.ok) return address
	const limited = await withinLimit(ports, 'emailByAccount', account)
	if (!limited.ok) return limited
	return decideInTransaction(ports.unitOfWork, async (transaction) => {
		await askToConfirm(ports, transaction, { account, address: address.value as string })
		return ok(null)
	})
}

async function forget(ports: Ports, { account }: Access): Promise<Decided<null>> {
	const limited = await withinLimit(ports, 'writeByAccount', account)
	if (!limited.ok) return limited
	await ports.unitOfWork.transaction(async ({ emails }) => {
		await emails.deletePending(account)
		await emails.forget(account)
	})
	return ok(null)
}

/** By the account that asked and by nobody else: who is made to open a stranger's link confirms nothing (EML2). */
async function confirm(ports: Ports, { account }: Access, token: string): Promise<Decided<null>> {
	const limited = await withinLimit(ports, 'writeByAccount', account)
	if (!limited.ok) return limited
	return decideInTransaction(ports.unitOfWork, async ({ repositories: { emails } }) => {
		const pending = await emails.pending(account)
		const isIt = pending !== null && equalBytes(pending.tokenHash, ports.hash(utf8ToBytes(token)))
		if (!isIt || pending.expiresAt <= ports.clock()) return refuse('bad-confirmation')
		await emails.deletePending(account)
		await emails.confirm(account, pending.address, ports.clock())
		return ok(null)
	})
}
