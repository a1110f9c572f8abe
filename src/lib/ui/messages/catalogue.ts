/** Every word that Kith shows, as one function per message. Compiled from `<locale>.json` by paraglide. */
import { getLocale, overwriteGetLocale } from './generated/runtime.js'

// Each word asks for the language, and to find it out takes longer than to say the word. A page that is to speak another one
// is loaded anew.
if ('document' in globalThis) {
	const ours = getLocale()
	overwriteGetLocale(() => ours)
}

export * as m from './generated/messages/_index.js'
export { getLocale, getTextDirection } from './generated/runtime.js'
