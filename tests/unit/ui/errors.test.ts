import { describe, expect, test } from 'vitest'
import type { KithError } from '#core/api.ts'
import { wireErrors, type WireErrorCode } from '#protocol/errors.ts'
import { endedWords, errorSentence, errorWords } from '#ui/messages/errors.ts'
import { wireWords } from '#ui/messages/wire-errors.ts'

const codes = Object.keys(wireErrors) as WireErrorCode[]

describe('errors in words', () => {
	test.each(codes)('%s says what happened and what to do', (code) => {
		const { what, next } = wireWords(code)
		expect(what).toMatch(/^\p{Lu}.*\.$/u)
		expect(next).toMatch(/^\p{Lu}.*\.$/u)
		// Words for people: no code, no term of the wire.
		expect(`${what} ${next}`).not.toMatch(/epoch|payload|token\b|HTTP|\b[45]\d\d\b|clientID/i)
	})

	test('a wait that the server names is said in seconds, then in minutes', () => {
		expect(wireWords('rate-limited', 12_300).next).toBe('Try again in 13 seconds.')
		expect(wireWords('rate-limited', 1_000).next).toBe('Try again in 1 second.')
		expect(wireWords('rate-limited', 10 * 60_000).next).toBe('Try again in 10 minutes.')
		expect(wireWords('rate-limited').next).toBe('Wait a little and try again.')
	})

	const errors: readonly KithError[] = [
		{ type: 'offline' },
		{ type: 'server', code: 'internal' },
		{ type: 'weak-password', bits: 12, suggestion: 'x' },
		{ type: 'wrong-words', positions: [2] },
		...(['word', 'length', 'checksum'] as const).map((reason) => ({ type: 'bad-recovery-code', reason }) as const),
		{ type: 'bad-recovery-code', reason: 'word', position: 6 },
		...(['malformed', 'other-server', 'log-forked'] as const).map((reason) => ({ type: 'bad-link', reason }) as const),
		...(['bind', 'account-log', 'vault', 'server'] as const).map((what) => ({ type: 'not-verified', what }) as const),
		{ type: 'signed-out' },
		{ type: 'not-here' },
		{ type: 'too-long', max: 4_000 },
	]

	test.each(errors)('%o', (error) => {
		const { what, next } = errorWords(error)
		expect(what).not.toBe('')
		expect(next).not.toBe('')
		expect(errorSentence(error)).toBe(`${what} ${next}`)
	})

	test('words are counted from one', () => {
		expect(errorWords({ type: 'bad-recovery-code', reason: 'word', position: 6 }).what).toContain('Word 7')
	})

	test.each(codes)('the end of a session by %s has words', (code) => {
		expect(endedWords(code)).toMatch(/\.$/)
	})
})
