import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
	generateRecoveryCode,
	normalizeRecoveryCode,
	recoveryCodeToWords,
	wordsToRecoveryCode,
} from '#crypto/recovery-code.ts'
import { bytesToHex, type Bytes } from '#protocol/bytes.ts'
import { hex } from '#tests/support/json-vectors.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

describe('recovery code', () => {
	/** 15 words from the BIP-39 rules: 160 zero bits, checksum of SHA-256. */
	const zeros = `${'abandon '.repeat(14)}address`

	it('[UNL4] is 15 words of BIP-39 for 20 bytes, entropy and not seed', () => {
		expect(recoveryCodeToWords(hex('00'.repeat(20)))).toBe(zeros)
		expect(recoveryCodeToWords(hex('ff'.repeat(20)))).toBe(`${'zoo '.repeat(14)}wrist`)
	})

	it('every code comes back from its words', () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (code) => {
				const words = recoveryCodeToWords(new Uint8Array(code))
				const back = wordsToRecoveryCode(words)
				expect(words.split(' ').length).toBe(15)
				expect(back.ok && bytesToHex(back.value)).toBe(bytesToHex(new Uint8Array(code)))
			}),
			{ numRuns: 50 },
		)
	})

	it.each([
		['capitals', zeros.toUpperCase()],
		['line breaks, tabs and many spaces', `\n ${zeros.replaceAll(' ', '\n\t  ')} \r\n`],
		['commas', zeros.replaceAll(' ', ', ')],
		[
			'numbers before the words',
			zeros
				.split(' ')
				.map((word, i) => `${i + 1}. ${word}`)
				.join('\n'),
		],
		['accents by a phone keyboard', zeros.replace('address', 'áddress')],
		['full-width letters', zeros.replace('address', 'ａｄｄｒｅｓｓ')],
	])('forgives %s', (_, typed) => {
		expect(wordsToRecoveryCode(typed)).toEqual({ ok: true, value: new Uint8Array(20) })
	})

	it('counts the words', () => {
		const error = (text: string) => ({
			ok: false,
			error: { type: 'word-count', expected: 15, found: normalizeRecoveryCode(text).length },
		})
		for (const text of ['', 'abandon', `${zeros} address`]) expect(wordsToRecoveryCode(text)).toEqual(error(text))
	})

	it.each([
		['adress', 'address'],
		['shrmip', 'shrimp'],
		['addrss', 'address'],
		['addresses', 'address'],
		['daddress', 'address'],
		['xqxqx', null],
		['ab', null],
	])('names the wrong word %s and suggests %s', (wrong, suggestion) => {
		const typed = zeros.replace('address', wrong)
		const error = { type: 'unknown-word', position: 15, word: wrong, suggestion }
		expect(wordsToRecoveryCode(typed)).toEqual({ ok: false, error })
	})

	it('finds a word at the wrong place by the checksum', () => {
		const code = generateRecoveryCode(seededRandom('recovery'))
		const words = recoveryCodeToWords(code).split(' ')
		const swapped = [words[1], words[0], ...words.slice(2)].join(' ')
		expect(wordsToRecoveryCode(swapped)).toEqual({ ok: false, error: { type: 'checksum' } })
	})

	it('refuses another length', () => {
		expect(() => recoveryCodeToWords(new Uint8Array(16) as Bytes)).toThrow(RangeError)
	})
})
