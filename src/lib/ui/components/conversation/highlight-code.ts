/**
 * Colours the code of a message once it stands, when the page has a moment. They are colours alone, so nothing moves; what was
 * coloured before has them at once. The engine is loaded with the first code that names its language.
 */
import { codeAllowance, languageAttribute } from '../../state/code-block.ts'
import { loadedApart } from '../../state/loaded-apart.ts'

const readyHighlighter = loadedApart(async () => (await import('./highlight-engine.ts')).drawHighlighted)

const kept = new Map<string, DocumentFragment>()
const keptMax = 100

interface CodeBlock {
	readonly element: HTMLElement
	readonly code: string
	readonly language: string
}

const keyOf = ({ language, code }: CodeBlock) => `${language}\n${code}`

/** Returns how to give it up. */
export function highlightCode(message: HTMLElement): () => void {
	const waiting = blocksIn(message).filter((block) => !showKept(block))
	return waiting.length === 0 ? () => {} : whenIdle(() => void colour(waiting))
}

function blocksIn(message: HTMLElement): CodeBlock[] {
	const allowance = codeAllowance()
	return [...message.querySelectorAll<HTMLElement>(`pre[${languageAttribute}] > code`)].flatMap((element) => {
		const code = element.textContent
		const language = element.parentElement?.getAttribute(languageAttribute) ?? ''
		return allowance.allows(code) ? [{ element, code, language }] : []
	})
}

function showKept(block: CodeBlock): boolean {
	const drawn = kept.get(keyOf(block))
	if (drawn !== undefined) block.element.replaceChildren(drawn.cloneNode(true))
	return drawn !== undefined
}

async function colour(blocks: readonly CodeBlock[]): Promise<void> {
	const draw = await readyHighlighter.load()
	for (const block of blocks) {
		if (draw === null || !block.element.isConnected) return
		const drawn = draw(block.code, block.language)
		if (drawn === null) continue
		keep(block, drawn)
		showKept(block)
	}
}

function keep(block: CodeBlock, drawn: DocumentFragment): void {
	kept.set(keyOf(block), drawn)
	if (kept.size > keptMax) kept.delete(kept.keys().next().value as string)
}

function whenIdle(run: () => void): () => void {
	// Safari has no idle callback.
	if (typeof requestIdleCallback !== 'function') {
		const timer = setTimeout(run)
		return () => clearTimeout(timer)
	}
	const idle = requestIdleCallback(run, { timeout: 1_000 })
	return () => cancelIdleCallback(idle)
}
