/** Typing faster than answers come: what is shown is what was typed last, and little is asked in between. */
import { expect, test } from 'vitest'
import type { KithApi, SearchAt, SearchView } from '#core/api.ts'
import { MessageSearch } from '#ui/state/message-search.svelte.ts'

const found = (snippet: string): SearchView => ({
	...{ hits: [], more: false, indexing: null, unclear: [snippet] },
})

function scene() {
	const asked: { of: SearchAt; answer: (view: SearchView) => void; isOver: boolean }[] = []
	const watch = (_: 'search', of: SearchAt, answer: (view: SearchView) => void) => {
		const one = { of, answer, isOver: false }
		asked.push(one)
		return () => void (one.isOver = true)
	}
	const search = new MessageSearch({ watch } as unknown as KithApi, '', null)
	let stop = () => {}
	/** As the effect does it: stops what it watched, and watches anew. */
	const type = async (text: string) => {
		search.type(text)
		stop()
		stop = search.watch()
		await settled()
	}
	return { search, asked, type, leave: () => stop() }
}

/** Promises that wait for nothing else are done. */
async function settled(): Promise<void> {
	for (let i = 0; i < 10; i++) await Promise.resolve()
}

test('a letter asks at once; what is typed while its answer is on the way waits for it, and only the newest is asked', async () => {
	const { search, asked, type } = scene()
	await type('s')
	await type('st')
	await type('sto')
	expect(asked.map(({ of }) => of.text)).toEqual(['s'])
	asked[0]?.answer(found('of s'))
	await settled()
	expect([asked.map(({ of }) => of.text), asked[0]?.isOver, search.view]).toEqual([['s', 'sto'], true, null])
	asked[1]?.answer(found('of sto'))
	expect([search.view?.unclear, search.answered]).toEqual([['of sto'], 'sto'])
	await type('stov')
	expect([asked[1]?.isOver, asked[2]?.of.text]).toEqual([true, 'stov'])
})

test('a view that changes goes on being shown, until the search is left', async () => {
	const { search, asked, type, leave } = scene()
	await type('s')
	asked[0]?.answer(found('one'))
	asked[0]?.answer(found('two'))
	expect(search.view?.unclear).toEqual(['two'])
	leave()
	expect(asked[0]?.isOver).toBe(true)
})
