/**
 * Asking somebody to be friends by e-mail. The answer is "sent if they are here" and never more (product F2, SPEC EML4): who
 * has the address is looked up after the answer, and whatever speaks against a mail is told to nobody. The mail names the
 * asker; the request itself is the reader's to make, because only who knows an account can sign a step about it.
 */
import { concatBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { foldEmailAddress } from '#protocol/email-address.ts'
import { ok } from '#protocol/result.ts'
import type { Access, DomainPorts } from './domain.ts'
import type { Mail } from './mail-ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

/** Refused: no-mail, bad-email, yourself, rate-limited; by nothing that depends on others. */
export async function inviteByEmail(ports: DomainPorts, { account }: Access, input: string): Promise<Decided<null>> {
	if (ports.mailer === null) return refuse('no-mail')
	const address = foldEmailAddress(input)
	if (address === null) return refuse('bad-email')
	const limited = await withinLimit(ports, 'emailInviteByAccount', account)
	if (!limited.ok) return limited
	if ((await ports.repositories.emails.of(account)) === address) return refuse('yourself')
	ports.mailer.send(() => invitation(ports, account, address))
	return ok(null)
}

async function invitation(ports: DomainPorts, from: Bytes, address: string): Promise<Mail | null> {
	const { emails, accounts, friendships } = ports.repositories
	const to = await emails.accountWith(address)
	if (to === null) return null
	const [asker, person] = [await accounts.byId(from), await accounts.byId(to)]
	if (asker === null || person === null || person.disabledAt !== null) return null
	const between = await friendships.between(from, to)
	const isSettled = between?.state === 'accepted' || between?.state === 'pending'
	if (isSettled || (await friendships.hasBlocked(to, from))) return null
	const byPair = await withinLimit(ports, 'emailInviteByPair', concatBytes(from, utf8ToBytes(address)))
	if (!byPair.ok) return null
	const byAddress = await withinLimit(ports, 'emailInviteByAddress', address)
	return byAddress.ok ? { type: 'invitation', to: address, from: asker.name, name: person.name } : null
}
