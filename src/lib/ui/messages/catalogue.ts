/** Every word that Kith shows, as one function per message. Compiled from `<locale>.json` by paraglide. */
export * as m from './generated/messages/_index.js'
export { getLocale, getTextDirection } from './generated/runtime.js'
