/**
 * One link for a newcomer: who opens it makes an account, is in the room and is a friend of who made it (product C3, SPEC LNK6). The
 * room part and the friend part stand side by side behind the #.
 *
 * Who comes by such a link asks for friendship, and is answered without a question: that he held the link stands in the verified log,
 * where his join is signed with its key. Each person once, and only while he is in the room.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { decode, encode, fixed, list, struct, versioned } from '#protocol/codec.ts'
import { textToId } from '#protocol/ids.ts'
import type { Result } from '#protocol/result.ts'
import type { AccountId, KithError } from './api.ts'
import type { ConversationContext } from './context.ts'
import { createQueue } from './queue.ts'

export interface WelcomeLinks {
	/** On all devices of ours, before it is shown. */
	readonly keep: (link: string) => Promise<Result<null, KithError>>
	readonly close: () => void
}

const entryName = 'rooms/welcome-links'
/** The newest stay. */
const linksKept = 128
const peopleKept = 512

const value = versioned(1, struct({ links: list(fixed(16), linksKept), met: list(fixed(32), peopleKept) }))

interface Known {
	/** Ids of links, base64url. */
	readonly links: readonly string[]
	/** Whom a link has made a friend of ours, once. */
	readonly met: readonly AccountId[]
}

type Context = Pick<ConversationContext, 'entries' | 'friends' | 'logs' | 'failed'>

export function createWelcomeLinks({ entries, friends, logs, failed }: Context): WelcomeLinks {
	const queue = createQueue()

	function known(): Known {
		const raw = entries.value(entryName)
		const read = raw === null ? null : decode(value, raw)
		if (read?.ok !== true) return { links: [], met: [] }
		return { links: read.value.links.map(bytesToBase64url), met: read.value.met.map(bytesToBase64url) }
	}

	async function put({ links, met }: Known): Promise<Result<null, KithError>> {
		const linkIds = links.slice(-linksKept).map((link) => textToId('link', link))
		const people = met.slice(-peopleKept).map((account) => textToId('account', account))
		return entries.put(
			entryName,
			encode(value, { links: linkIds.filter((id) => id !== null), met: people.filter((id) => id !== null) }),
		)
	}

	function cameByLink(account: AccountId, links: ReadonlySet<string>): boolean {
		return logs.all().some(({ members, joins }) => members.has(account) && links.has(joins.get(account) ?? ''))
	}

	async function welcome(): Promise<void> {
		const { links, met } = known()
		if (links.length === 0) return
		const own = new Set(links)
		for (const account of friends.incoming()) {
			if (met.includes(account) || !cameByLink(account, own)) continue
			// Remembered first: who is a friend no more some day does not come back by himself.
			const kept = await put({ ...known(), met: [...known().met, account] })
			if (kept.ok) await friends.accept(account)
		}
	}

	const look = () => void queue.run('welcome', welcome).catch((error: unknown) => failed('welcome', error))
	const stop = [friends.onChange(look), logs.onChange(look), entries.onChange(look)]
	// Who asked before we looked.
	look()

	return {
		keep: (link) => queue.run('welcome', () => put({ ...known(), links: [...known().links, link] })),
		close: () => stop.forEach((end) => end()),
	}
}
