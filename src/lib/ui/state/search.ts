/** Filters lists by what is typed above them: each word must begin a word of a name; case and accents do not count. */
export function matches(query: string, ...names: readonly string[]): boolean {
	const wanted = words(query)
	const present = names.flatMap(words)
	return wanted.every((part) => present.some((word) => word.startsWith(part)))
}

/** Letters that no rule of Unicode takes apart into a letter and its mark. */
const plain: Readonly<Record<string, string>> = {
	ß: 'ss',
	ø: 'o',
	ł: 'l',
	đ: 'd',
	ð: 'd',
	þ: 'th',
	æ: 'ae',
	œ: 'oe',
	ı: 'i',
}

function words(text: string): string[] {
	return text
		.normalize('NFKD')
		.replace(/\p{M}/gu, '')
		.toLocaleLowerCase()
		.replace(/[ßøłđðþæœı]/gu, (letter) => plain[letter] ?? letter)
		.split(/[\s@._-]+/u)
		.filter((word) => word !== '')
}
