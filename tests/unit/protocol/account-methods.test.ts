import { describe, expect, test } from 'vitest'
import { type AccountBody } from '#protocol/account-log.ts'
import { type Bytes } from '#protocol/bytes.ts'
import type { MethodKind } from '#protocol/unlock.ts'
import {
	problemOf,
	AccountStory,
	actor,
	byDevice,
	byMethod,
	bytesOf,
	methodOf,
	rekeyOf,
	type Actor,
} from '../../support/log-actors.ts'

const thief = actor('thief')

/** setMethods on a story: the new set, signed by `by` and by whoever else is named. */
function setMethods(
	story: AccountStory,
	methods: readonly (readonly [MethodKind, Actor])[],
	{ by, brought = [], keys = { renew: 'nothing' } }: { by: Actor; brought?: readonly Actor[]; keys?: Keys },
): AccountStory {
	const action = { methods: methods.map(([kind, key]) => methodOf(kind, key)), keys }
	const body = story.place({ type: 'setMethods', action, proposal: null })
	return story.append(body, [by, ...brought].map(byMethod))
}
type Keys = Extract<AccountBody, { type: 'setMethods' }>['action']['keys']

describe('setMethods', () => {
	const fresh = actor('new password')

	test('[ACC7] a method key of the current set signs; no device does', async () => {
		const alice = new AccountStory('alice')
		setMethods(
			alice,
			[
				['password', fresh],
				['recovery', alice.code],
			],
			{ by: alice.password, brought: [fresh] },
		)
		expect((await alice.state()).methods[0]).toMatchObject({ signingKey: fresh.signingKey, since: 1 })

		const stolen = new AccountStory('alice')
		const action = {
			methods: [methodOf('password', thief), methodOf('recovery', stolen.code)],
			keys: { renew: 'nothing' },
		} as const
		const body = stolen.place({ type: 'setMethods', action, proposal: null })
		expect(await problemOf(stolen.append(body, [byDevice(stolen.laptop), byMethod(thief)]))).toMatchObject({
			type: 'wrong-signers',
		})
	})

	test('[ACC7] a key that left the set has no say', async () => {
		const alice = new AccountStory('alice')
		setMethods(
			alice,
			[
				['password', fresh],
				['recovery', alice.code],
			],
			{ by: alice.password, brought: [fresh] },
		)
		setMethods(
			alice,
			[
				['password', thief],
				['recovery', alice.code],
			],
			{ by: alice.password, brought: [thief] },
		)
		expect(await problemOf(alice)).toMatchObject({ type: 'wrong-signers', seq: 2 })
	})

	test('[ACC3] every key that setMethods brings signs it, those that stay do not', async () => {
		const alice = new AccountStory('alice')
		setMethods(
			alice,
			[
				['password', fresh],
				['recovery', alice.code],
			],
			{ by: alice.password },
		)
		expect(await problemOf(alice)).toMatchObject({ type: 'wrong-signers', seq: 1 })
	})

	test('[ACC5] the last method cannot be dropped', async () => {
		const alice = new AccountStory('alice')
		expect(await problemOf(setMethods(alice, [], { by: alice.code }))).toMatchObject({ rule: 'ACC5' })
	})

	test('[ACC8] a method that stays keeps its kind and its X-Wing key', async () => {
		const alice = new AccountStory('alice')
		setMethods(
			alice,
			[
				['passkey', alice.password],
				['recovery', alice.code],
			],
			{ by: alice.code },
		)
		expect(await problemOf(alice)).toMatchObject({ rule: 'ACC8' })
	})

	test('[ACC8] nobody puts another X-Wing key under a method that stays', async () => {
		const alice = new AccountStory('alice')
		const swapped = { ...methodOf('password', alice.password), kemHash: bytesOf('kem of a thief') }
		const action = { methods: [swapped, methodOf('recovery', alice.code)], keys: { renew: 'nothing' } } as const
		alice.append(alice.place({ type: 'setMethods', action, proposal: null }), [byMethod(alice.code)])
		expect(await problemOf(alice)).toMatchObject({ rule: 'ACC8' })
	})

	test('[ACC9] a stolen password can neither drop, replace nor add a recovery code', async () => {
		const sets: (readonly (readonly [MethodKind, Actor])[])[] = [
			[['password', actor('alice password')]],
			[
				['password', actor('alice password')],
				['recovery', thief],
			],
			[
				['password', actor('alice password')],
				['recovery', actor('alice code')],
				['recovery', thief],
			],
		]
		for (const methods of sets) {
			const alice = new AccountStory('alice')
			const brought = methods.some(([, key]) => key === thief) ? [thief] : []
			setMethods(alice, sorted(methods), { by: alice.password, brought })
			expect(await problemOf(alice)).toEqual({ type: 'rule', seq: 1, rule: 'ACC9' })
		}
	})

	test('[ACC9] the recovery code replaces itself, and a password makes the first one', async () => {
		const alice = new AccountStory('alice')
		setMethods(alice, [['password', alice.password]], { by: alice.code })
		setMethods(
			alice,
			[
				['password', alice.password],
				['recovery', fresh],
			],
			{ by: alice.password, brought: [fresh] },
		)
		expect((await alice.state()).methods.map(({ rank, since }) => [rank, since])).toEqual([
			[2, 0],
			[3, 2],
		])
	})

	test('[ACC10] a new VK has the next vkGen, a new AK the next g', async () => {
		const methods = [
			['password', actor('alice password')],
			['recovery', actor('alice code')],
		] as const
		const keys: readonly (readonly [Keys, string | null])[] = [
			[{ renew: 'vault', vk: { gen: 2, commit: bytesOf('vk') } }, null],
			[{ renew: 'vault', vk: { gen: 1, commit: bytesOf('vk') } }, 'ACC10'],
			[{ renew: 'vault', vk: { gen: 3, commit: bytesOf('vk') } }, 'ACC10'],
			[{ renew: 'all', ...rekeyOf(1) }, null],
			[{ renew: 'all', ...rekeyOf(1), g: 0 }, 'ACC10'],
			[{ renew: 'all', ...rekeyOf(1), g: 2 }, 'ACC10'],
		]
		for (const [change, rule] of keys) {
			const alice = new AccountStory('alice')
			const error = await problemOf(setMethods(alice, methods, { by: alice.password, keys: change }))
			expect(error === null ? null : 'rule' in error && error.rule).toBe(rule)
		}
	})
})

function sorted(methods: readonly (readonly [MethodKind, Actor])[]) {
	const kinds: readonly MethodKind[] = ['password', 'passkey', 'recovery']
	const key = ([kind, by]: readonly [MethodKind, Actor]): Bytes => Uint8Array.of(kinds.indexOf(kind), ...by.signingKey)
	return [...methods].sort((a, b) => Buffer.compare(key(a), key(b)))
}
