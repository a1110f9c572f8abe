/** Runs one area of the catalogue: a name without an act, or an act without a name, does not compile. */
import { describe, expect, test } from 'vitest'
import { catalogue, type Area } from './catalogue.ts'

type Act = () => Promise<readonly string[]>

export function attacks<A extends Area>(
	area: A,
	acts: Readonly<Record<keyof (typeof catalogue)[A], Act>>,
	after: () => Promise<void>,
): void {
	describe(area, () => {
		const answers: Readonly<Record<string, readonly string[]>> = catalogue[area]
		for (const [name, act] of Object.entries<Act>(acts)) {
			test(`${name}: ${answers[name]?.join(', ') || 'stepped over'}`, async () => {
				expect([...new Set(await act())].sort()).toEqual([...(answers[name] ?? [])].sort())
				await after()
			})
		}
	})
}
