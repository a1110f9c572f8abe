import { expect, test } from 'vitest'
import { createFirstScreen, tellingFirstScreen } from '#platform/browser/first-screen.ts'
import { fakeTime, settle } from '../../support/fake-timers.ts'

/** A window whose views are answered, and whose frames are drawn, when the test says so. */
function windowOf() {
	const answers = new Map<string, (value: unknown) => void>()
	let frames: (() => void)[] = []
	let told = 0
	const target = tellingFirstScreen(
		{
			call: async () => null,
			watch: (view, _of, listener) => {
				answers.set(view, listener)
				return () => answers.delete(view)
			},
		},
		{ afterFrame: (run) => frames.push(run), shown: () => told++ },
	)
	const draw = () => {
		const due = frames
		frames = []
		for (const run of due) run()
	}
	return { target, answer: (view: string) => answers.get(view)?.(null), draw, told: () => told }
}

test('the first screen stands once everything that it asked for is there and drawn, and is told of once', () => {
	const { target, answer, draw, told } = windowOf()
	const seen: unknown[] = []
	// What the session brings asks for more, before the next frame.
	target.watch('session', null, () => {
		target.watch('chats', null, () => seen.push('chats'))
		target.watch('conversation', 'id', () => seen.push('conversation'))
	})
	answer('session')
	draw()
	answer('chats')
	draw()
	expect([told(), seen]).toEqual([0, ['chats']])
	answer('conversation')
	expect(told()).toBe(0)
	draw()
	expect(told()).toBe(1)
	target.watch('pins', 'id', () => {})
	answer('pins')
	draw()
	expect(told()).toBe(1)
})

test('a view that is not wanted any more is not waited for', () => {
	const { target, answer, draw, told } = windowOf()
	const stop = target.watch('conversation', 'id', () => {})
	target.watch('chats', null, () => {})
	answer('chats')
	stop()
	draw()
	expect(told()).toBe(1)
})

test('[L2] in a tab that draws nothing the worker waits two seconds, and no longer', async () => {
	const time = fakeTime()
	let stands = false
	void createFirstScreen(time.timers).stands.then(() => (stands = true))
	await time.advance(1_999)
	expect(stands).toBe(false)
	await time.advance(1)
	await settle()
	expect(stands).toBe(true)
})
