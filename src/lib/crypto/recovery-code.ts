/**
 * The recovery code: 20 random bytes as 15 words of BIP-39 English (160 bits and 5 of checksum). Its entropy is the
 * secret, not BIP-39's stretched seed (SPEC UNL): 160 bits need no stretching.
 */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import type { Bytes } from '#protocol/bytes.ts'
import { RECOVERY_CODE_WORDS } from '#protocol/limits.ts'
import type { RandomBytes } from '#protocol/ports.ts'
import { fail, ok, type Result } from '#protocol/result.ts'

const recoveryCodeLength = 20

/** What a user can mend: `position` counts from 1, `suggestion` is the only list word that begins or differs so little. */
export type RecoveryCodeError =
	| { readonly type: 'word-count'; readonly expected: number; readonly found: number }
	| {
			readonly type: 'unknown-word'
			readonly position: number
			readonly word: string
			readonly suggestion: string | null
	  }
	| { readonly type: 'checksum' }

export function generateRecoveryCode(random: RandomBytes): Bytes {
	return random(recoveryCodeLength)
}

/** 15 words with one space between. */
export function recoveryCodeToWords(code: Bytes): string {
	if (code.length !== recoveryCodeLength) throw new RangeError(`a recovery code has ${recoveryCodeLength} bytes`)
	return entropyToMnemonic(code, wordlist)
}

const known = new Set(wordlist)

/** As typed: upper case, line breaks, commas and numbers before the words ("1. abandon") are forgiven. */
export function normalizeRecoveryCode(input: string): string[] {
	return input
		.normalize('NFKD')
		.replace(/\p{M}/gu, '')
		.toLowerCase()
		.split(/[^a-z]+/)
		.filter((word) => word !== '')
}

export function wordsToRecoveryCode(input: string): Result<Bytes, RecoveryCodeError> {
	const words = normalizeRecoveryCode(input)
	const unknown = words.findIndex((word) => !known.has(word))
	if (unknown >= 0) {
		const word = words[unknown] as string
		return fail({ type: 'unknown-word', position: unknown + 1, word, suggestion: suggestWord(word) })
	}
	if (words.length !== RECOVERY_CODE_WORDS) {
		return fail({ type: 'word-count', expected: RECOVERY_CODE_WORDS, found: words.length })
	}
	try {
		return ok(mnemonicToEntropy(words.join(' '), wordlist))
	} catch {
		return fail({ type: 'checksum' })
	}
}

/**
 * The one list word with the same first four letters (BIP-39: they are enough to tell the words apart), else the one that
 * is a single typing error away; of several the one that begins alike. Null where that is not one.
 */
function suggestWord(word: string): string | null {
	if (word.length < 3) return null
	const prefixed = wordlist.filter((candidate) => word.length >= 4 && candidate.startsWith(word.slice(0, 4)))
	const close = wordlist.filter((candidate) => isOneEditApart(word, candidate))
	const alike = close.filter((candidate) => candidate[0] === word[0])
	for (const found of [prefixed, close, alike]) if (found.length === 1) return found[0] as string
	return null
}

/** One letter inserted, removed or replaced, or two neighbours swapped. */
function isOneEditApart(a: string, b: string): boolean {
	if (Math.abs(a.length - b.length) > 1) return false
	let start = 0
	while (start < a.length && start < b.length && a[start] === b[start]) start++
	const [restA, restB] = [a.slice(start), b.slice(start)]
	if (restA.slice(1) === restB || restA === restB.slice(1) || restA.slice(1) === restB.slice(1)) return true
	return restA.slice(2) === restB.slice(2) && restA[0] === restB[1] && restA[1] === restB[0]
}
