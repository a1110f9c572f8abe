/**
 * The model test finds what it is there to find: each of these faults makes it fail, mostly by the seed that shows it soon.
 * The schedule is the machine's own, so that one seed may miss what the next one finds; the first that finds it ends the search.
 */
import { afterAll, beforeAll, test } from 'vitest'
import { expectCaught, planted } from '#tests/support/model/planted.ts'
import { makeTemplate, type Template } from '#tests/support/model/template.ts'

let template: Template
beforeAll(async () => {
	template = await makeTemplate()
}, 120_000)
afterAll(() => template.remove())

test.each(planted)('$name is caught', { timeout: 300_000 }, async (fault) => {
	const seeds = Array.from({ length: 24 }, (_, i) => fault.soon + i)
	await expectCaught(template, fault, seeds)
})
