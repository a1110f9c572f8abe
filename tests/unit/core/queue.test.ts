import { expect, it } from 'vitest'
import { createQueue } from '#core/queue.ts'

function gate() {
	let open = () => {}
	const opened = new Promise<void>((resolve) => {
		open = resolve
	})
	return { open, opened }
}

it('runs what has one name in order, and other names meanwhile', async () => {
	const queue = createQueue()
	const first = gate()
	const log: string[] = []
	const slow = queue.run('a', async () => {
		await first.opened
		log.push('a1')
	})
	const next = queue.run('a', async () => void log.push('a2'))
	await queue.run('b', async () => void log.push('b'))
	expect(log).toEqual(['b'])
	first.open()
	await Promise.all([slow, next])
	expect(log).toEqual(['b', 'a1', 'a2'])
})

it('goes on after a failure, which only its caller hears of', async () => {
	const queue = createQueue()
	const failed = queue.run('a', async () => {
		throw new Error('no')
	})
	const next = queue.run('a', async () => 'yes')
	await expect(failed).rejects.toThrow('no')
	expect(await next).toBe('yes')
})
