/** A text in one line without the signs of Markdown, for where it is quoted, read out or listed. */
const signs: readonly (readonly [RegExp, string])[] = [
	[/```\w*\n?/g, ' '],
	[/!?\[([^\]\n]*)\]\([^)\n]*\)/g, '$1'],
	[/^\s{0,3}(?:#{1,6}|>|[-+*]|\d{1,9}[.)])\s+/gm, ''],
	[/(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1/g, '$2'],
	[/(?<![\p{L}\p{N}])([*_])(?=\S)([^*_\n]+?)(?<=\S)\1(?![\p{L}\p{N}])/gu, '$2'],
	[/`([^`\n]+)`/g, '$1'],
	[/\s+/g, ' '],
]

/** Most texts have none. */
const anySign = /[*_~`[#>\n-]|\d[.)]/

/** At most `max` characters of the text are looked at. */
export function plainText(text: string, max = 300): string {
	const part = text.slice(0, max)
	if (!anySign.test(part)) return part.trim()
	return signs.reduce((plain, [sign, by]) => plain.replace(sign, by), part).trim()
}
