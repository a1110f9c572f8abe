import { expect, test } from 'vitest'
import { contract } from '#protocol/http/contract.ts'
import { routes } from '#protocol/http/routes.ts'

test('the routes that clients ask are those of the contract', () => {
	const named = Object.entries(contract).map(([group, calls]) => {
		const ofGroup = Object.entries(calls).map(([call, procedure]) => {
			const { method, path } = procedure['~orpc'].route
			return [call, `${method} ${path}`]
		})
		return [group, Object.fromEntries(ofGroup)]
	})
	expect(routes).toEqual(Object.fromEntries(named))
})
