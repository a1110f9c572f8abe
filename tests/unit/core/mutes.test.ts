import { expect, it, vi } from 'vitest'
import { createMutes } from '#core/mutes.ts'
import { createRecords } from '#core/records.ts'
import { ok } from '#protocol/result.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { memoryDevice } from '../../support/core-client.ts'
import { corePeople } from '../../support/core-people.ts'
import { fakeTime } from '../../support/fake-timers.ts'

const hour = 60 * 60_000

async function setup() {
	const device = await memoryDevice(await corePeople('mutes'))
	const time = fakeTime()
	const changed = vi.fn()
	const entries = new Map<string, Bytes>()
	let online = false
	const open = async () => {
		const mutes = createMutes({
			records: createRecords(await device.open(), device.wrap),
			entries: {
				restore: async () => {},
				value: (name) => entries.get(name) ?? null,
				put: async (name, value) => {
					entries.set(name, value)
					return ok(null)
				},
				refresh: async () => {},
				onChange: () => () => {},
			},
			connection: { state: () => ({ type: online ? 'online' : 'stopped' }) as never, listen: () => () => {} },
			failed: (_, error) => expect.unreachable(String(error)),
			time: { now: time.clock, observe: () => {} },
			timers: time.timers,
			changed,
		})
		await mutes.restore()
		return mutes
	}
	return { time, changed, entries, open, goOnline: () => (online = true) }
}

it('is told when the time of a mute is over', async () => {
	const { time, changed, open } = await setup()
	const mutes = await open()
	const until = time.clock() + hour
	await mutes.set('c', { type: 'until', until })
	expect(mutes.of('c')).toEqual({ type: 'until', until })
	changed.mockClear()
	await time.advance(hour)
	expect(changed).toHaveBeenCalledOnce()
	expect(mutes.of('c')).toBeNull()
})

it('is kept on the device while there is no network, and the last word stands', async () => {
	const { entries, open, goOnline } = await setup()
	const mutes = await open()
	await mutes.set('c', { type: 'ever' })
	await mutes.set('c', null)
	await mutes.set('c', { type: 'ever' })
	const again = await open()
	expect(again.of('c')).toEqual({ type: 'ever' })
	expect(entries.size).toBe(0)
	goOnline()
	await again.set('c', null)
	await vi.waitFor(() => expect([...entries.keys()]).toEqual(['mute/c']))
	expect((await open()).of('c')).toBeNull()
})
