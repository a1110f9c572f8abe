/** What is given out of an account: its whole bundle to itself, its log to those who deal with it. */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import { ok } from '#protocol/result.ts'
import type { Access, AccountStates, DomainPorts, Instance } from './domain.ts'
import type { BindRow, Repositories, VkBoxRow } from './ports.ts'
import { refuse, type Decided } from './refusal.ts'

export interface SignedLog {
	readonly from: number
	readonly entries: readonly Bytes[]
	/** `SignedHead` over the newest entry. */
	readonly head: Bytes
}

/** What the holder of an unlock method needs to open the account. */
export interface AccountBundle {
	readonly account: Bytes
	readonly name: string
	readonly log: SignedLog
	readonly binds: readonly BindRow[]
	readonly vkBoxes: readonly VkBoxRow[]
	readonly vault: Bytes
	readonly serverKey: Bytes
}

export interface PublicAccount {
	readonly name: string
	/** A program, and no person. */
	readonly bot: boolean
	readonly log: SignedLog
	readonly ak: { readonly g: number; readonly key: Bytes }
	readonly profile: Bytes | null
}

export interface BundleContext extends Pick<DomainPorts, 'repositories' | 'hash'> {
	readonly instance: Instance
	readonly accountStates: AccountStates
}

/** For who has proven an unlock method of this account. The account must exist. */
export async function bundleOf(
	{ repositories, instance, accountStates }: BundleContext,
	account: Bytes,
): Promise<AccountBundle> {
	const person = await repositories.accounts.byId(account)
	const vault = await repositories.vaults.newest(account)
	if (person === null || vault === null) throw new Error('an account without its parts')
	return {
		account,
		name: person.name,
		log: await signedLog({ repositories, instance, accountStates }, account, 0),
		binds: await repositories.vaults.binds(account),
		vkBoxes: await repositories.vaults.boxes(account),
		vault: vault.vault,
		serverKey: instance.serverKey,
	}
}

/** For a session: the boxes of this device alone, because only an unlock method's holder gets those of the methods. */
export async function deviceBundle(
	context: BundleContext,
	{ account, device }: Access,
): Promise<Decided<AccountBundle>> {
	const state = await context.accountStates.get(account)
	const own = state === null ? null : deviceOf(state, device)
	if (own === null) return refuse('not-found')
	const bundle = await bundleOf(context, account)
	return ok({ ...bundle, binds: [], vkBoxes: bundle.vkBoxes.filter((box) => equalBytes(box.recipient, own.kemHash)) })
}

/**
 * Refused with not-found when there is no such account, or none that the viewer has to do with. An administrator has to do with
 * everybody: he writes notices, sealed to keys that stand in the log, and checks reports (SPEC CNV37, RPT5).
 */
export async function publicAccount(
	context: BundleContext & { readonly isSeenInRooms: (viewer: Bytes, account: Bytes) => Promise<boolean> },
	{ account: viewer, role }: Pick<Access, 'account' | 'role'>,
	{ account, from }: { account: Bytes; from: number },
): Promise<Decided<PublicAccount>> {
	const { repositories, accountStates } = context
	const [person, state] = await Promise.all([repositories.accounts.byId(account), accountStates.get(account)])
	if (person === null || state === null) return refuse('not-found')
	const isSeen =
		role === 'admin' || (await maySee(repositories, viewer, account)) || (await context.isSeenInRooms(viewer, account))
	if (!isSeen) return refuse('not-found')
	const key = await repositories.kemKeys.byHash(account, state.ak.keyHash)
	if (key === null) throw new Error('an account key that the log names is not stored')
	const log = await signedLog(context, account, from)
	return ok({
		name: person.name,
		bot: person.owner !== null,
		log,
		ak: { g: state.ak.g, key },
		profile: await repositories.accounts.profile(account),
	})
}

/** Yourself, the other side of a request or friendship, a fellow member. */
async function maySee({ friendships, conversations }: Repositories, viewer: Bytes, account: Bytes): Promise<boolean> {
	if (equalBytes(viewer, account)) return true
	const friendship = await friendships.between(viewer, account)
	if (friendship !== null && friendship.state !== 'declined' && friendship.state !== 'cancelled') return true
	return conversations.areFellows(viewer, account)
}

export async function signedLog(
	{ repositories, instance, accountStates }: Omit<BundleContext, 'hash'>,
	account: Bytes,
	from: number,
): Promise<SignedLog> {
	const state = await accountStates.get(account)
	if (state === null) throw new Error('an account without a log')
	// The log may have grown since the state was read: entries beyond its head have no signature over them yet.
	const entries = (await repositories.accountLogs.entries(account, from)).slice(
		0,
		Math.max(0, state.head.seq + 1 - from),
	)
	return { from, entries, head: instance.signHead({ subject: account, ...state.head }) }
}
