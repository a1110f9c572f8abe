/** Mentions in a text that was drawn as Markdown: not in code, nor in the words of a link. */
import { markMentions, type Mentioned } from '../../state/marked-mentions.ts'

export function markMentionsIn(element: HTMLElement, mentioned: readonly Mentioned[]): void {
	if (mentioned.length === 0) return
	const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
	const texts: Text[] = []
	while (walker.nextNode() !== null) texts.push(walker.currentNode as Text)
	for (const text of texts) {
		if (text.parentElement?.closest('a, code') !== null) continue
		const words = markMentions(text.data, mentioned)
		if (words.some(({ type }) => type === 'mention'))
			text.replaceWith(...words.map((one) => (one.type === 'text' ? one.text : mentionOf(one.text, one.self))))
	}
}

function mentionOf(text: string, self: boolean): HTMLElement {
	const mark = document.createElement('span')
	mark.className = self ? 'mention mention-self' : 'mention'
	mark.textContent = text
	return mark
}
