/** What somebody typed as the name of a person or a conversation, as those that it may mean. What it means nothing to is told. */
import { idToText } from '#protocol/ids.ts'
import type { AccountId, ConversationId } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import type { Copies } from '../copies/copies.ts'
import { isNamed } from './query.ts'

interface Named<Id> {
	readonly found: ReadonlySet<Id>
	/** As they were typed. */
	readonly unclear: readonly string[]
}

export function createSearchNames(
	{ self, logs, accounts }: Pick<ConversationContext, 'self' | 'logs' | 'accounts'>,
	copies: Pick<Copies, 'all'>,
	titleOf: (conversation: ConversationId) => Promise<string>,
) {
	/** Everybody who is or was in a conversation, and whom a copy names. */
	function people(): readonly { account: AccountId; name: string; displayName: string }[] {
		const everybody = new Set(logs.all().flatMap(({ roles }) => [...roles.keys()]))
		return [...[...everybody].map(accounts.person), ...copies.all().flatMap(([, copy]) => copy.people)]
	}

	return {
		accounts: (typed: readonly string[]): Named<AccountId> => {
			const all = typed.length === 0 ? [] : people()
			const found = new Set<AccountId>()
			const unclear: string[] = []
			for (const name of typed) {
				const named = all
					.filter((person) => isNamed(person.displayName, name) || isNamed(person.name, name))
					.map(({ account }) => account)
				if (name.toLowerCase() === 'me') named.push(self.account)
				if (named.length === 0) unclear.push(`from:${name}`)
				named.forEach((account) => found.add(account))
			}
			return { found, unclear }
		},
		conversations: async (typed: readonly string[]): Promise<Named<ConversationId>> => {
			const ids = [...logs.all().map(({ id }) => idToText(id)), ...copies.all().map(([id]) => id)]
			const all = typed.length === 0 ? [] : ids
			const titles = await Promise.all(all.map(async (id) => [id, await titleOf(id)] as const))
			const found = new Set<ConversationId>()
			const unclear: string[] = []
			for (const name of typed) {
				const named = titles.filter(([, title]) => isNamed(title, name))
				if (named.length === 0) unclear.push(`in:${name}`)
				named.forEach(([id]) => found.add(id))
			}
			return { found, unclear }
		},
	}
}
