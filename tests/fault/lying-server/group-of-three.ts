/** Alice's group with Bob, to whom the server lies, and Carol, whose keys the test holds. */
import { onTestFinished } from 'vitest'
import type { ConversationId, ConversationView } from '#core/api.ts'
import { encode } from '#protocol/codec.ts'
import { padConversationId } from '#protocol/ids.ts'
import { chainHash, signedEntry, type LogHead, type SignedEntry } from '#protocol/log-entry.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import { nodeHash } from '#server/node-crypto.ts'
import { takeForFriend } from '#tests/support/fault/hostile-world.ts'
import { liedTo, type LiedTo } from '#tests/support/fault/lied-to.ts'
import type { Lies } from '#tests/support/fault/lying-line.ts'
import type { Talk } from '#tests/support/fault/mallory.ts'
import { toText } from '#tests/support/http-person.ts'
import { until } from '#tests/support/watching.ts'
import { groupOf } from '#tests/support/groups.ts'
import { must } from '#tests/support/watching.ts'
import { writableUntil } from '#tests/support/world.ts'

export interface GroupOfThree extends LiedTo {
	readonly group: ConversationId
	/** The group as Carol knew it when it began. */
	readonly members: Talk
	/** What the server may sign: the head of a log that goes on with these entries. */
	headOver(after: LogHead, ...entries: readonly SignedEntry[]): string
	/** From now on Bob hears nothing of the log after this head. */
	keptAt(head: LogHead): Lies
	/** An item that the server passes on to Bob, wherever it comes from. */
	passesOn(item: PageItem): void
}

export const entryText = (entry: SignedEntry) => toText(encode(signedEntry, entry))

export async function groupOfThree(): Promise<GroupOfThree> {
	const told = await liedTo()
	onTestFinished(() => told.close())
	const { alice, bob, carol, world, line } = told
	await takeForFriend(alice, carol)
	const group = await groupOf(alice, [], { name: 'Real' })
	const members = [bob.account, carol.person.id].map((account) => ({ account, role: 'admin' as const }))
	must(await alice.api.addMembers({ conversation: group, members }))
	await writableUntil(bob, group)
	await until(bob.api, { view: 'group', of: group, is: (view) => view?.members.length === 3 })
	const talk = await carol.talk(group, [alice.account, bob.account])
	let recv = 1_000

	const headOver = (after: LogHead, ...entries: readonly SignedEntry[]) => {
		let head = after
		for (const { body } of entries) {
			const seq = head.seq + 1
			head = { seq, hash: chainHash(nodeHash, head.hash, { seq, body }) }
		}
		return toText(world.server.domain.instance.signHead({ subject: padConversationId(talk.state.id), ...head }))
	}
	return Object.assign(told, {
		...{ group, members: talk, headOver },
		keptAt: (head: LogHead): Lies => ({
			hub: (message) => (message.t === 'conversation' && message.conversation === group ? [] : [message]),
			http: (path, answer) =>
				path === `/conversations/${group}/log`
					? { ...(answer as object), log: { from: head.seq + 1, entries: [], head: headOver(head) } }
					: answer,
		}),
		passesOn: (item: PageItem) => {
			line.page({ guid: talk.guid(), message: { type: 'update', items: [item] }, recv: [++recv] })
		},
	})
}

export function whyNot(view: ConversationView | null): string | null {
	return view?.writable.type === 'no' ? view.writable.why : null
}
