import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { searchedText } from '#core/search/index-page.ts'
import type { PageName } from '#core/search/segment.ts'
import { matches, prefixesOf } from '#core/search/terms.ts'
import { foldEvents } from '#protocol/fold.ts'
import { hlcTime } from '#protocol/hlc.ts'
import type { FoldEvent } from '#protocol/fold-events.ts'
import { annotate, edit, post, reaction, redact, skeletonOf } from '#tests/support/folding.ts'
import { searchedPages } from '#tests/support/searching.ts'

const seed = 71
const now = 1_000_000
const conversations = ['one', 'two']
const people = ['Alice', 'Bob']
const texts = ['Café at the harbour', 'cafe', 'the boat', 'Boote, Boot', '東京タワー', '京都', 'über CAFÉS', 'ferry', '', 'straße 7', 'ไปเที่ยว'] // prettier-ignore
const queries = ['caf', 'café the', 'b', 'boot', '京', '東京', '東京タワー', 'ub', 'strass', 'ไป', 'nothing', 'th har']

const name = fc.nat({ max: 9 })
const said = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({ type: fc.constant('post' as const), of: name, text: fc.constantFrom(...texts) }),
	},
	{
		weight: 3,
		arbitrary: fc.record({ type: fc.constant('edit' as const), of: name, text: fc.constantFrom(...texts) }),
	},
	{ weight: 2, arbitrary: fc.record({ type: fc.constant('redact' as const), of: name, text: fc.constant('') }) },
	{ weight: 1, arbitrary: fc.record({ type: fc.constant('reaction' as const), of: name, text: fc.constant('') }) },
	{ weight: 1, arbitrary: fc.record({ type: fc.constant('emptied' as const), of: name, text: fc.constant('') }) },
)
const act = fc.record({
	said,
	conversation: fc.nat({ max: 1 }),
	page: fc.nat({ max: 2 }),
	by: fc.nat({ max: 1 }),
	expires: fc.constantFrom(null, null, null, now - 1),
	/** What the index does before the next. */
	then: fc.constantFrom('nothing', 'step', 'settle', 'restart'),
})
const history = fc.array(act, { minLength: 4, maxLength: 40, size: 'max' })

type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

/** The rows of all pages, as acts add to them. */
function createPages() {
	const pages = new Map<string, FoldEvent[]>()
	const keyOf = ({ conversation, page }: PageName) => `${conversation} ${page}`
	return {
		rows: (at: PageName) => pages.get(keyOf(at)) ?? [],
		names: () =>
			[...pages.keys()].map((key) => ({ conversation: key.split(' ')[0]!, page: Number(key.split(' ')[1]) })),
		add(at: PageName, { said: { type, of, text }, by, expires }: Act, i: number) {
			const rows = pages.get(keyOf(at)) ?? []
			const id = `${keyOf(at)} ${of}`
			const author = people[of % 2]!
			const place = { page: at.page, clientId: 3 + by, clock: i, at: 1_000 + i, recvSeq: i + 1 }
			const expiresAt = expires
			if (type === 'emptied') {
				const index = rows.findIndex((row) => row.kind === 'post' && row.content.type === 'open')
				if (index >= 0) rows[index] = skeletonOf(rows[index]!, 'removed')
			} else rows.push(eventOf())
			pages.set(keyOf(at), rows)

			function eventOf(): FoldEvent {
				switch (type) {
					case 'post':
						return post(id, author, { ...place, expiresAt, says: { text } })
					case 'edit':
						return annotate(`${id} ${i}`, author, { ...place, expiresAt, on: id, action: edit(text) })
					case 'reaction':
						return annotate(`${id} ${i}`, people[by]!, { ...place, expiresAt, on: id, action: reaction('👍') })
					default:
						return redact(`${id} ${i}`, author, { ...place, of: [id] })
				}
			}
		},
	}
}

/** Of every message that the fold shows and the query means, when it was sent, newest first. */
function naive(pages: ReturnType<typeof createPages>, prefixes: readonly string[]): number[] {
	const shown = pages.names().flatMap((at) => foldEvents(pages.rows(at), now).messages)
	return shown
		.flatMap(({ state, hlc }) =>
			state.type === 'shown' && matches(searchedText(state), prefixes) ? [hlcTime(hlc)] : [],
		)
		.sort((a, b) => b - a)
}

describe(`the index, seed ${seed}`, () => {
	test('[M5] finds exactly what a scan of the fold finds, over any history of edits and redactions, in any order', async () => {
		let found = 0
		let merges = 0
		await fc.assert(
			fc.asyncProperty(history, async (acts) => {
				const pages = createPages()
				const index = await searchedPages(pages.rows, { now, sizes: { pagesOfStep: 2, fanOut: 2, mergedMax: 8 } })
				for (const [i, one] of acts.entries()) {
					const at = { conversation: conversations[one.conversation]!, page: one.page }
					pages.add(at, one, i)
					await index.changed([at])
					if (one.then === 'step') await index.step()
					if (one.then === 'settle') await index.settle()
					if (one.then === 'restart') await index.restart()
				}
				await index.settle()
				if ((await index.segments()) < pages.names().length) merges++
				for (const query of queries) {
					const prefixes = prefixesOf(query)
					const hits = await index.find({ prefixes })
					expect(hits.map(({ at }) => at)).toEqual(naive(pages, prefixes))
					found += hits.length
				}
			}),
			{ seed, numRuns: 120 },
		)
		expect(found).toBeGreaterThan(500)
		expect(merges).toBeGreaterThan(20)
	})
})
