/**
 * How many guesses a password is worth, in bits, for an attacker who tries the likely ones first; and passwords drawn at
 * random to offer instead. Whoever operates the server can guess offline (SPEC UNL), so under 50 bits is refused.
 *
 * The estimate is the cheapest way to spell the password as a row of pieces: common passwords, words, names of the user,
 * keyboard runs, sequences, repeats, years, dates, and single characters for what is left. It errs low on purpose, on
 * words above all: any run of letters that can be pronounced counts as a word of some dictionary.
 * The idea is zxcvbn's (Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX Security 2016), a tenth its size.
 */
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { PASSWORD_BITS_MIN } from '#protocol/limits.ts'
import type { RandomBytes } from '#protocol/ports.ts'
import { commonPasswords } from './common-passwords.ts'

/** Longer ones are judged by their first 128 characters: the search below is quadratic. */
const judgedLength = 128
const pieceLength = 32

const ranks = new Map(commonPasswords.map((word, index) => [word, Math.log2(index + 2)]))
const words = new Set(wordlist)
const wordBits = Math.log2(wordlist.length)
/** A word of a large dictionary, 100,000 forms, that is in neither list. */
const rareWordBits = 17

const rows = [
	'abcdefghijklmnopqrstuvwxyz',
	'01234567890',
	'qwertyuiop',
	'asdfghjkl',
	'zxcvbnm',
	'qwertzuiop',
	'yxcvbnm',
	'azertyuiop',
	'qsdfghjklm',
	'!@#$%^&*()',
	'1qaz2wsx3edc4rfv5tgb',
	'q1w2e3r4t5y6',
]
const runs = rows.flatMap((row) => [row, [...row].reverse().join('')])

const leet = new Map(Object.entries({ 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's', '!': 'i' }))

/** Bits of one character that fits no pattern, by its class. */
function characterBits(character: string): number {
	if (/[0-9]/.test(character)) return Math.log2(10)
	if (/[a-zA-Z]/.test(character)) return Math.log2(26)
	return /[ -~]/.test(character) ? Math.log2(33) : Math.log2(100)
}

function characterClass(character: string | undefined): string {
	if (character === undefined) return ''
	if (/[a-z]/.test(character)) return 'lower'
	if (/[A-Z]/.test(character)) return 'upper'
	return /[0-9]/.test(character) ? 'digit' : 'other'
}

/** What capitals add to a word: nothing for none, one bit for the first letter or all, one each elsewhere. */
function capitalBits(piece: string): number {
	const capitals = [...piece].filter((character) => /\p{Lu}/u.test(character)).length
	return capitals === piece.length || /^\p{Lu}\P{Lu}*$/u.test(piece) ? 1 : capitals
}

/** Could be a word of some language: in Latin letters with vowels in between, in other letters always. */
function isPronounceable(letters: string): boolean {
	if (!/^\p{L}+$/u.test(letters)) return false
	return !/^[a-z]+$/.test(letters) || (/[aeiouy]/.test(letters) && !/[^aeiouy]{5}|[aeiouy]{5}/.test(letters))
}

/** A word with digits for letters: asked more strictly, because random letters with a few digits look so too. */
function isFluent(letters: string, changed: number): boolean {
	const vowels = letters.replace(/[^aeiouy]/g, '').length
	const isMostlyLetters = changed <= letters.length / 4 && vowels >= letters.length / 3
	return isMostlyLetters && /^[a-z]+$/.test(letters) && !/[^aeiouy]{3}|[aeiouy]{3}/.test(letters)
}

function wordPieceBits(piece: string, personal: ReadonlySet<string>): number {
	const lower = piece.toLowerCase()
	const plain = [...lower].map((character) => leet.get(character) ?? character).join('')
	const changed = [...plain].filter((character, i) => character !== lower[i]).length
	// beyond twelve letters two words are likelier than one
	const isWord =
		lower.length >= 3 && lower.length <= 12 && (changed === 0 ? isPronounceable(plain) : isFluent(plain, changed))
	const bits = Math.min(
		knownWordBits(lower, personal),
		knownWordBits(plain, personal) + changed,
		isWord ? rareWordBits + 2 * changed : Number.POSITIVE_INFINITY,
	)
	return bits + capitalBits(piece)
}

function knownWordBits(word: string, personal: ReadonlySet<string>): number {
	if (personal.has(word)) return 2
	return Math.min(ranks.get(word) ?? Number.POSITIVE_INFINITY, words.has(word) ? wordBits : Number.POSITIVE_INFINITY)
}

/** A stretch of keyboard or alphabet, at least three long: where it begins, which way, how far. */
function runBits(piece: string): number {
	const lower = piece.toLowerCase()
	if (piece.length < 3 || !runs.some((run) => run.includes(lower))) return Number.POSITIVE_INFINITY
	return Math.log2(runs.length * 4) + Math.log2(piece.length) + capitalBits(piece)
}

function dateBits(piece: string): number {
	if (/^(19|20)\d\d$/.test(piece)) return Math.log2(120)
	if (/^(\d{1,2}[-./]?\d{1,2}[-./]?(19|20)?\d\d|(19|20)\d\d[-./]?\d{1,2}[-./]?\d{1,2})$/.test(piece)) {
		return piece.length >= 5 ? Math.log2(120 * 365) : Number.POSITIVE_INFINITY
	}
	return Number.POSITIVE_INFINITY
}

/** The same unit again and again: the unit and how often. */
function repeatBits(piece: string, bitsOfUnit: (unit: string) => number): number {
	for (let length = 1; length <= piece.length / 2; length++) {
		const unit = piece.slice(0, length)
		if (piece.length % length === 0 && unit.repeat(piece.length / length) === piece) {
			return bitsOfUnit(unit) + Math.log2(piece.length / length)
		}
	}
	return Number.POSITIVE_INFINITY
}

function pieceBits(piece: string, personal: ReadonlySet<string>): number {
	const patterns = [wordPieceBits(piece, personal), runBits(piece), dateBits(piece)]
	const repeat =
		piece.length > 1 ? repeatBits(piece, (unit) => estimateCharacters(unit, personal)) : Number.POSITIVE_INFINITY
	return Math.min(...patterns, repeat)
}

/** What stands between words is one of a few, and the same everywhere. */
const separatorBits = 2

function nextCharacterBits(password: string, index: number): number {
	const character = password[index] as string
	if (/[-_., +]/.test(character)) return password.indexOf(character) < index ? 0 : separatorBits
	const change = characterClass(character) === characterClass(password[index - 1]) ? 0 : 1
	return characterBits(character) + change
}

/** Shortest path over all ways to cut the password into pieces. */
function estimateCharacters(password: string, personal: ReadonlySet<string>): number {
	const best = [0]
	for (let end = 1; end <= password.length; end++) {
		let bits = (best[end - 1] as number) + nextCharacterBits(password, end - 1)
		for (let start = Math.max(0, end - pieceLength); start < end - 1; start++) {
			bits = Math.min(bits, (best[start] as number) + pieceBits(password.slice(start, end), personal))
		}
		best.push(bits)
	}
	return best[password.length] as number
}

/**
 * Bits of guessing; `personal` are words that an attacker knows of the user: the name, the server's name.
 * A few milliseconds for ordinary passwords.
 */
export function estimatePasswordBits(password: string, personal: readonly string[] = []): number {
	const known = new Set(
		personal.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((word) => word !== ''),
	)
	return estimateCharacters(password.normalize('NFC').slice(0, judgedLength), known)
}

export function isPasswordStrongEnough(password: string, personal: readonly string[] = []): boolean {
	return estimatePasswordBits(password, personal) >= PASSWORD_BITS_MIN
}

const generatedWords = 5

function drawWords(random: RandomBytes): string {
	const bytes = random(2 * generatedWords)
	const indexes = Array.from({ length: generatedWords }, (_, i) => {
		// 2,048 divides 65,536, so every word is as likely as any other
		return (((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number)) % wordlist.length
	})
	return indexes.map((index) => wordlist[index]).join('-')
}

/**
 * Five words of 2,048: 55 bits, easy to type and to say. Drawn again in the one case of forty where the words are so common
 * that the estimate above would refuse them.
 */
export function generatePassword(random: RandomBytes): string {
	for (;;) {
		const password = drawWords(random)
		if (isPasswordStrongEnough(password)) return password
	}
}
