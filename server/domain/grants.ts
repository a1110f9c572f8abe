/** Who may make an account: by the one-time set-up link, by an invitation, or anybody where the operator says so. */
import { utf8ToBytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import { botOfToken } from './bots.ts'
import type { DomainPorts } from './domain.ts'
import { isSetupToken } from './instance.ts'
import type { Repositories, Role } from './ports.ts'
import { refuse, type Decided } from './refusal.ts'

export type Grant =
	| { readonly type: 'setup'; readonly token: string }
	| { readonly type: 'invite'; readonly token: string }
	| { readonly type: 'open' }
	/** Shown once to the owner of the bot that this will be. */
	| { readonly type: 'bot'; readonly token: string }

type Context = Pick<DomainPorts, 'hash' | 'clock' | 'policy'>

/** Refused: bad-invite, sign-up-closed, set-up-done. The role is what the account will have. */
export async function checkGrant(context: Context, repositories: Repositories, grant: Grant): Promise<Decided<Role>> {
	switch (grant.type) {
		case 'setup':
			if (await repositories.accounts.hasAdmin()) return refuse('set-up-done')
			return (await isSetupToken(repositories, context, grant.token)) ? ok('admin') : refuse('bad-invite')
		case 'invite': {
			const invite = await repositories.invites.byTokenHash(context.hash(utf8ToBytes(grant.token)))
			const isOpen = invite !== null && invite.usesLeft > 0 && invite.expiresAt > context.clock()
			return isOpen ? ok('user') : refuse('bad-invite')
		}
		case 'bot':
			return (await botOfToken(context, repositories, grant.token)) === null ? refuse('bad-invite') : ok('user')
		case 'open':
			return context.policy.signUp === 'open' ? ok('user') : refuse('sign-up-closed')
	}
}

/** In the transaction that stores the account: checks again, and takes the use. */
export async function spendGrant(context: Context, repositories: Repositories, grant: Grant): Promise<Decided<Role>> {
	const role = await checkGrant(context, repositories, grant)
	if (!role.ok) return role
	if (grant.type === 'setup') await repositories.instanceFacts.set('setup-token', null)
	if (grant.type === 'invite') {
		const taken = await repositories.invites.use(context.hash(utf8ToBytes(grant.token)), context.clock())
		if (!taken) return refuse('bad-invite')
	}
	return role
}
