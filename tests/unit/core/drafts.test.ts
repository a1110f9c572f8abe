import { expect, it } from 'vitest'
import { createDrafts } from '#core/drafts.ts'
import { createRecords } from '#core/records.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import { memoryDevice } from '../../support/core-client.ts'
import { corePeople } from '../../support/core-people.ts'
import { fakeTime } from '../../support/fake-timers.ts'

it('keeps each word at once, and tells the server every five seconds while somebody types', async () => {
	const device = await memoryDevice(await corePeople('drafts'))
	const time = fakeTime()
	const put: Bytes[] = []
	const open = async () => {
		const drafts = createDrafts({
			records: createRecords(await device.open(), device.wrap),
			entries: {
				restore: async () => {},
				value: () => put.at(-1) ?? null,
				put: async (_, value) => {
					put.push(value)
					return ok(null)
				},
				refresh: async () => {},
				onChange: () => () => {},
			},
			connection: { state: () => ({ type: 'online' }) as never, listen: () => () => {} },
			failed: (_, error) => expect.unreachable(String(error)),
			time: { now: time.clock, observe: () => {} },
			timers: time.timers,
			changed: () => {},
		})
		await drafts.restore()
		return drafts
	}
	const drafts = await open()
	for (const text of ['S', 'Sh', 'Sha', 'Shal', 'Shall']) {
		await drafts.set('c', text)
		await time.advance(400)
	}
	expect(drafts.of('c')).toBe('Shall')
	expect(put).toHaveLength(1)
	await time.advance(5_000)
	expect(put).toHaveLength(2)
	await time.advance(60_000)
	expect(put).toHaveLength(2)
	drafts.close()
	expect((await open()).of('c')).toBe('Shall')
})
