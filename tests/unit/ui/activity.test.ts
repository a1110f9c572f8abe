import { expect, test } from 'vitest'
import { reportActivity } from '#ui/state/activity.ts'

function screen() {
	const listeners = new Map<string, () => void>()
	let hidden = false
	let now = 1_000_000
	const told: boolean[] = []
	const lookedAt = {
		hidden: () => hidden,
		listen: (type: string, listener: () => void) => {
			listeners.set(type, listener)
			return () => void listeners.delete(type)
		},
	}
	const stop = reportActivity(lookedAt, { setActive: ({ active }) => void told.push(active), clock: () => now })
	const hide = (to: boolean) => {
		hidden = to
		listeners.get('visibilitychange')?.()
	}
	return {
		told,
		stop,
		hide,
		use: (type = 'keydown') => listeners.get(type)?.(),
		pass: (ms: number) => void (now += ms),
		listeners,
	}
}

test('[F4] a screen that is hidden or shown says so at once', () => {
	const { told, hide } = screen()
	hide(true)
	hide(true)
	hide(false)
	expect(told).toEqual([true, false, true])
})

test('[F4] use is told once a minute, and never of a hidden screen', () => {
	const { told, hide, use, pass } = screen()
	for (let i = 0; i < 120; i++) {
		use(i % 2 === 0 ? 'keydown' : 'pointermove')
		pass(1_000)
	}
	expect(told).toEqual([true, true])
	hide(true)
	pass(120_000)
	use()
	expect(told).toEqual([true, true, false])
})

test('[F4] nothing is listened to any more when it stops', () => {
	const { stop, listeners } = screen()
	stop()
	expect(listeners.size).toBe(0)
})
