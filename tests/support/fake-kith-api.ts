/** A `KithApi` for tests of ui/state: views are set by hand, commands are written down and answer what was laid out. */
import type { ConversationView, KithApi, MessageView, PersonView, Views } from '#core/api.ts'

export interface FakeKithApi {
	readonly api: KithApi
	/** Every command that was called, oldest first. */
	readonly calls: { readonly command: string; readonly input: unknown }[]
	/** What `command` answers from now on. */
	answer(command: string, answer: unknown): void
	show<V extends keyof Views>(view: V, of: Views[V]['of'], value: Views[V]['view']): void
	/** How many watchers are left. */
	watchers(): number
}

export function fakeKithApi(): FakeKithApi {
	const calls: { command: string; input: unknown }[] = []
	const answers = new Map<string, unknown>()
	const values = new Map<string, unknown>()
	const listeners = new Map<string, Set<(value: never) => void>>()
	const keyOf = (view: string, of: unknown) => `${view} ${JSON.stringify(of)}`

	const watch = (view: string, of: unknown, listener: (value: never) => void) => {
		const key = keyOf(view, of)
		const all = listeners.get(key) ?? new Set()
		listeners.set(key, all.add(listener))
		if (values.has(key)) listener(structuredClone(values.get(key)) as never)
		return () => void all.delete(listener)
	}
	const api = new Proxy(
		{ watch },
		{
			get: (target, command: string) =>
				command in target
					? target[command as 'watch']
					: async (input: unknown) => {
							calls.push({ command, input })
							return answers.get(command) ?? { ok: true, value: null }
						},
		},
	) as unknown as KithApi

	return {
		api,
		calls,
		answer: (command, answer) => void answers.set(command, answer),
		show(view, of, value) {
			values.set(keyOf(view, of), value)
			for (const listener of listeners.get(keyOf(view, of)) ?? []) listener(structuredClone(value) as never)
		},
		watchers: () => [...listeners.values()].reduce((sum, all) => sum + all.size, 0),
	}
}

const alice: PersonView = {
	account: 'alice',
	name: 'alice',
	displayName: 'Alice',
	verified: false,
	presence: null,
}
const bob: PersonView = { account: 'bob', name: 'bob', displayName: 'Bob', verified: true, presence: null }

export function textMessage(
	key: string,
	author: 'alice' | 'bob',
	at: number,
	more: Partial<MessageView> = {},
): MessageView {
	const mine = author === 'alice'
	const content = { type: 'text', text: `text of ${key}` } as const
	return {
		...{ key, event: key, author, mine, at, content, reply: null, mark: mine ? 'sent' : null, problem: null },
		files: [],
		...{ mentions: [], edited: false, forwarded: false, pinned: false, reactions: [], refused: null },
		...more,
	}
}

export function directConversation(
	messages: readonly MessageView[],
	more: Partial<ConversationView> = {},
): ConversationView {
	return {
		conversation: 'c1',
		kind: 'direct',
		title: 'Bob',
		notice: null,
		people: [alice, bob],
		readers: { who: { type: 'pair', other: 'bob' }, past: { people: [], devicesOf: 0 } },
		lifetime: null,
		afterReading: null,
		maySetLifetime: true,
		hasLines: false,
		messages,
		more: false,
		firstUnread: null,
		typing: [],
		draft: '',
		writable: { type: 'yes' },
		moderates: false,
		peers: 0,
		otherHistory: [],
		copy: null,
		...more,
	}
}
