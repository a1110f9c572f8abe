import { describe, expect, test } from 'vitest'
import { errorAnswers } from '#protocol/error-answers.ts'
import { wireErrors, type WireError } from '#protocol/errors.ts'

const errors: readonly (readonly [string, WireError])[] = Object.entries(wireErrors)

describe('the registry of wire errors', () => {
	test('[ERR1] every error has a number of its own and one sentence', () => {
		const answers = Object.entries(errorAnswers)
		expect(new Set(answers.map(([, { number }]) => number)).size).toBe(errors.length)
		for (const [code, { sentence }] of answers) expect(sentence, code).toMatch(/^[A-Z].*\.$/)
	})

	test('[ERR2] what ends for good closes with 4400 to 4499, what passes with 1012 or 4500 to 4599', () => {
		for (const [code, { close, retry }] of errors) {
			if (close === undefined) continue
			const isFinal = close >= 4400 && close <= 4499
			expect(isFinal || close === 1012 || (close >= 4500 && close <= 4599), code).toBe(true)
			expect(isFinal, code).toBe(retry === 'never')
		}
	})
})
