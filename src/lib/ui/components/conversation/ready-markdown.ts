/** The one copy of what draws Markdown. It is large and loaded apart; while it is on its way a text stands as it was written. */
import { loadedApart } from '../../state/loaded-apart.ts'

export const readyMarkdown = loadedApart(async () => (await import('./markdown-engine.ts')).drawMarkdown)
