/** The rules of axe, asked of a page: its program is brought in once a page, and only what breaks a rule comes back. */
import type { Page } from '@playwright/test'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/** The packed one: each page reads it anew. */
const program = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe is called in the page. */
interface Axe {
	run(
		context: Document,
		options: { runOnly?: readonly string[]; resultTypes: readonly ['violations'] },
	): Promise<{ violations: readonly { id: string; nodes: readonly { target: readonly unknown[] }[] }[] }>
}

/** A line for each rule that is broken, with the elements that break it. `rules`: only these; all without. */
export async function brokenRules(page: Page, rules?: readonly string[]): Promise<string[]> {
	if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(await program)
	return page.evaluate(async (runOnly) => {
		const { axe } = window as unknown as { axe: Axe }
		const options = { resultTypes: ['violations'], ...(runOnly === undefined ? {} : { runOnly }) } as const
		const { violations } = await axe.run(document, options)
		return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(', ')}`)
	}, rules)
}
