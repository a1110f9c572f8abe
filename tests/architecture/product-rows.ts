/** Reads docs/product.md: the rows of what must work, and the stories that finished rows name. */

export interface ProductRow {
	readonly id: string
	/** Paths of test files; empty while the row is not finished. */
	readonly stories: readonly string[]
}

export function productRows(text: string): ProductRow[] {
	return text
		.split(/^(?=- \*\*[A-Z]\d+\*\* )/m)
		.filter((part) => part.startsWith('- **'))
		.map((row) => ({
			id: /^- \*\*([A-Z]\d+)\*\*/.exec(row)?.[1] ?? '',
			stories: [...(/^\s+Stories: (.*(?:\n {2}`.*)*)/m.exec(row)?.[1] ?? '').matchAll(/`([^`]+)`/g)].map(
				(match) => match[1] ?? '',
			),
		}))
}

/** One sentence for each finished row whose story is missing. `readStory` gives a file's text, null when there is none. */
export function missingStories(rows: readonly ProductRow[], readStory: (path: string) => string | null): string[] {
	return rows.flatMap(({ id, stories }) =>
		stories.flatMap((path) => {
			const text = readStory(path)
			if (text === null) return [`${id} names ${path}, which does not exist.`]
			if (hasStory(text, id)) return []
			return [`${id} names ${path}, which has no test titled "[${id}] …": write the story or take the row back.`]
		}),
	)
}

/** A title may name several rows: `[F1][C1] Alice and Bob …`. */
function hasStory(text: string, id: string): boolean {
	return new RegExp(`\\b(?:test|it)(?:\\.\\w+)*\\(\\s*['"\`](?:\\[[A-Z]\\d+\\]\\s?)*\\[${id}\\]`).test(text)
}
