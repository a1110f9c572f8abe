import { expect, test } from 'vitest'
import { oneAtATime } from '#server/domain/one-at-a-time.ts'

test('work on one thing follows the work before it, failed or not; work on another goes beside it', async () => {
	const inTurn = oneAtATime()
	const order: string[] = []
	const [first, other] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
	const work = (name: string, until?: Promise<void>) => async () => {
		order.push(`${name} begins`)
		await until
		order.push(`${name} ends`)
		return name
	}
	const one = inTurn('a', work('one', first.promise))
	const two = inTurn('a', work('two'))
	const three = inTurn('b', work('three', other.promise))
	other.resolve()
	expect(await three).toBe('three')
	expect(order).toEqual(['one begins', 'three begins', 'three ends'])
	first.reject(new Error('on purpose'))
	await expect(one).rejects.toThrow('on purpose')
	expect(await two).toBe('two')
	expect(order.slice(3)).toEqual(['two begins', 'two ends'])
	expect(await inTurn('a', async () => 'again')).toBe('again')
})
