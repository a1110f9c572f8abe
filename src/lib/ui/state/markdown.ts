/** Which texts are Markdown; how they are drawn stands in components/conversation/markdown-engine.ts. */

/** Signs that may mean something; a text without them is drawn as it is. Bare links are found without. */
const signs = /[*_~`]|^\s{0,3}(?:[#>]|[-+]\s|\d{1,9}[.)]\s)|\]\(|^\s*\|.*\|\s*$/m

export function mayBeMarkdown(text: string): boolean {
	return signs.test(text)
}
