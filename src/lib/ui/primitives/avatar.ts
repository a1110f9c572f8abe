/** What a generated avatar shows: a hue that follows from the account, and the first letters of the name. */

/** 0 to 359, the same for one account everywhere; names may change, colours do not. */
export function avatarHue(account: string): number {
	let hash = 0x811c9dc5
	for (let index = 0; index < account.length; index++) {
		hash ^= account.charCodeAt(index)
		hash = Math.imul(hash, 0x01000193)
	}
	return (hash >>> 0) % 360
}

/** One or two letters; whole characters in every script, `?` for a name without any. */
export function initials(name: string): string {
	const words = name
		.trim()
		.split(/[\s._-]+/u)
		.filter((word) => /[\p{L}\p{N}]/u.test(word))
	const first = firstLetter(words[0])
	const last = words.length > 1 ? firstLetter(words.at(-1)) : ''
	return first === '' ? '?' : (first + last).toLocaleUpperCase()
}

function firstLetter(word: string | undefined): string {
	return word === undefined ? '' : (/[\p{L}\p{N}]\p{M}*/u.exec(word)?.[0] ?? '')
}
