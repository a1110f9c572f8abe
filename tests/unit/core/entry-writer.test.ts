import { expect, it } from 'vitest'
import type { KithError } from '#core/api.ts'
import { createEntryWriter, type Intent, type Offer } from '#core/entry-writer.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { fail, ok, type Result } from '#protocol/result.ts'

const conversation = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Logs of which only the length matters: `known` is behind what the server has, and catches up when it is asked. */
function setup({ known, server }: { known: number | null; server: number }) {
	const stateAt = (seq: number) => ({ head: { seq } }) as unknown as ConversationState
	let here = known
	let asked = 0
	const logs = {
		known: () => (here === null ? null : stateAt(here)),
		sync: () => {
			asked++
			here = server
			return Promise.resolve(ok(stateAt(server)))
		},
	}
	const self = { idHash: new Uint8Array(32), keys: {} }
	const context = { logs, self, http: null, time: { now: () => 0 } }
	const writer = createEntryWriter(context as unknown as Parameters<typeof createEntryWriter>[0])
	const seen: number[] = []
	return {
		seen,
		asked: () => asked,
		/** `answer`: what is made of the log at this length. */
		write: (answer: (seq: number) => Result<Offer | null, KithError>) => {
			const intent: Intent = ({ state }) => {
				seen.push(state.head.seq)
				return Promise.resolve(answer(state.head.seq))
			}
			return writer.write(conversation, intent)
		},
	}
}

const notHere = fail<KithError>({ type: 'not-here' })

it('says that it is so already of the newest log, not of the one that it knows', async () => {
	const { write, seen, asked } = setup({ known: 3, server: 5 })
	const written = await write(() => ok(null))
	expect(written).toMatchObject({ ok: true, value: { head: { seq: 5 } } })
	expect([seen, asked()]).toEqual([[3, 5], 1])
})

it('asks for the box of a key before it says that the key is missing', async () => {
	const { write, seen } = setup({ known: 3, server: 3 })
	let isHere = false
	const written = await write(() => {
		const answer = isHere ? ok(null) : notHere
		isHere = true
		return answer
	})
	expect([written.ok, seen]).toEqual([true, [3, 3]])
})

it('asks once, and then says what is', async () => {
	const { write, asked } = setup({ known: 3, server: 4 })
	expect([await write(() => notHere), asked()]).toEqual([notHere, 1])
})

it('asks at once where nothing is known', async () => {
	const { write, seen, asked } = setup({ known: null, server: 2 })
	expect((await write(() => ok(null))).ok).toBe(true)
	expect([seen, asked()]).toEqual([[2], 1])
})

it('passes on what is refused for another reason, without asking', async () => {
	const { write, asked } = setup({ known: 3, server: 5 })
	const refused = fail<KithError>({ type: 'server', code: 'forbidden' })
	expect([await write(() => refused), asked()]).toEqual([refused, 0])
})
