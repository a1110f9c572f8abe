import { describe, expect, it } from 'vitest'
import { estimatePasswordBits, generatePassword, isPasswordStrongEnough } from '#crypto/password-strength.ts'
import { nodeRandom } from '#tests/support/crypto-ports.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

describe('[UNL5] password strength', () => {
	it.each([
		'',
		'password',
		'P@ssw0rd!',
		'Password2024!',
		'iloveyou1234567890',
		'qwertyuiopasdfghjkl',
		'1qaz2wsx3edc4rfv',
		'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
		'abcabcabcabcabcabcabcabcabc',
		'01.02.1984-03.04.1986',
		'alice-wonderland-1984',
		'Tr0ub4dor&3',
		'correcthorsebatterystaple',
		'пароль123456',
		'hunter2hunter2hunter2hunter2',
	])('is too little for "%s"', (password) => {
		expect(estimatePasswordBits(password, ['Alice Wonderland'])).toBeLessThan(50)
		expect(isPasswordStrongEnough(password, ['Alice Wonderland'])).toBe(false)
	})

	it.each([
		'xK9#mQ2$vL7!wZ',
		'zebra-orbit-lamp-cover-tissue',
		'Zwölf Boxkämpfer jagen Viktor',
		'h7dk2mfo93kslw0q',
		'brtxq wplkz mnvcd',
	])('is enough for "%s"', (password) => {
		expect(estimatePasswordBits(password)).toBeGreaterThanOrEqual(50)
		expect(isPasswordStrongEnough(password)).toBe(true)
	})

	it('counts what is known of the user as next to nothing', () => {
		const password = 'Vandersteen-Groningen-1971'
		const known = ['Piet Vandersteen', 'groningen']
		expect(estimatePasswordBits(password, known)).toBeLessThan(estimatePasswordBits(password) - 20)
	})

	it('never claims more than the characters hold', () => {
		const random = seededRandom('ascii')
		for (let i = 0; i < 100; i++) {
			const password = [...random(12)].map((byte) => String.fromCharCode(33 + (byte % 94))).join('')
			expect(estimatePasswordBits(password)).toBeLessThan(12 * Math.log2(95))
		}
	})

	it('judges a very long one in bounded time', () => {
		const start = performance.now()
		estimatePasswordBits('a1b2'.repeat(100_000))
		expect(performance.now() - start).toBeLessThan(1000)
	})
})

describe('offered passwords', () => {
	it('are five words that it would accept itself', () => {
		for (let i = 0; i < 200; i++) {
			const password = generatePassword(nodeRandom)
			expect(password).toMatch(/^[a-z]{3,8}(-[a-z]{3,8}){4}$/)
			expect(isPasswordStrongEnough(password)).toBe(true)
		}
	})

	it('come from the given randomness alone', () => {
		expect(generatePassword(seededRandom('x'))).toBe(generatePassword(seededRandom('x')))
	})
})
