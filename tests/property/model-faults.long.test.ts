/** The model test finds what it is there to find, whatever the schedule: each of these faults, within eight seeds. */
import { afterAll, beforeAll, test } from 'vitest'
import { expectCaught, planted } from '#tests/support/model/planted.ts'
import { makeTemplate, type Template } from '#tests/support/model/template.ts'

let template: Template
beforeAll(async () => {
	template = await makeTemplate()
}, 120_000)
afterAll(() => template.remove())

test.each(planted)('$name is caught', { timeout: 240_000 }, async (fault) => {
	await expectCaught(
		template,
		fault,
		Array.from({ length: 8 }, (_, i) => i + 1),
	)
})
