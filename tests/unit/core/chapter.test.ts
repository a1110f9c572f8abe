import { expect, test } from 'vitest'
import { ChapterMissing, createChapter, laterCommands, orOffline } from '#core/chapter.ts'
import { ok, type Result } from '#protocol/result.ts'
import type { KithError } from '#core/api.ts'

/** A module that comes when it is let, or does not. */
function slowModule() {
	let loads = 0
	let settle = { come: () => {}, fail: () => {} }
	const load = () => {
		loads++
		return new Promise<{ n: number }>((resolve, reject) => {
			settle = { come: () => resolve({ n: loads }), fail: () => reject(new TypeError('Failed to fetch')) }
		})
	}
	return { load, loads: () => loads, come: () => settle.come(), fail: () => settle.fail() }
}

test('who asks at the same time waits for one load, and what is open stays open', async () => {
	const module = slowModule()
	let made = 0
	const chapter = createChapter(module.load, ({ n }) => ({ n, made: ++made }))
	const both = [chapter.open(), chapter.open()]
	expect(chapter.opened()).toBe(null)
	module.come()
	const [one, other] = await Promise.all(both)
	expect(one).toBe(other)
	expect(chapter.opened()).toBe(one)
	expect(await chapter.open()).toBe(one)
	expect([module.loads(), made]).toEqual([1, 1])
})

test('[L2] what did not come is told as missing to all who wait, and is loaded anew for the next', async () => {
	const module = slowModule()
	const chapter = createChapter(module.load, ({ n }) => n)
	const both = [chapter.open(), chapter.open()]
	module.fail()
	for (const one of both) await expect(one).rejects.toBeInstanceOf(ChapterMissing)
	const again = chapter.open()
	module.come()
	expect(await again).toBe(2)
})

test('a bug of the chapter is no missing network', async () => {
	const chapter = createChapter(
		async () => null,
		() => {
			throw new RangeError('a bug')
		},
	)
	await expect(orOffline(async () => ok(await chapter.open()))).rejects.toThrow('a bug')
})

test('[L2] a command whose code does not come answers that there is no network, and goes when it is given again', async () => {
	const module = slowModule()
	interface Commands {
		greet: (input: { name: string }) => Promise<Result<string, KithError>>
	}
	const commands = laterCommands<Commands>(
		{ greet: 1 },
		createChapter(module.load, () => ({ greet: async ({ name }: { name: string }) => ok(`Hello ${name}`) })),
	)
	expect(Object.keys(commands)).toEqual(['greet'])
	const lost = commands.greet({ name: 'Bob' })
	module.fail()
	expect(await lost).toEqual({ ok: false, error: { type: 'offline' } })
	const again = commands.greet({ name: 'Bob' })
	module.come()
	expect(await again).toEqual(ok('Hello Bob'))
})
