/** What a person types or pastes as a recovery code, as words: numbers, commas and line breaks around them do not count. */
export const recoveryWordCount = 15

export function recoveryWords(text: string): string[] {
	return text
		.toLowerCase()
		.normalize('NFKD')
		.split(/[^a-z]+/u)
		.filter((word) => word !== '')
}
