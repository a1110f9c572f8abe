/** The one copy of what draws Markdown. It is large and loaded apart; while it is on its way a text stands as it was written. */
import type { LoadedApart } from '../../state/markdown.ts'
import type { drawMarkdown } from './markdown-engine.ts'

type Draw = typeof drawMarkdown

let draw: Draw | null = null
let loading: Promise<Draw> | null = null

export const readyMarkdown: LoadedApart<Draw> = {
	now: () => draw,
	load: () => {
		loading ??= import('./markdown-engine.ts').then((engine) => (draw = engine.drawMarkdown))
		return loading.catch(() => {
			loading = null
			return null
		})
	},
}
