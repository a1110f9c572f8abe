/** The one sanitiser of the page. The browser lets it make HTML by its name (`trusted-types` in svelte.config.js), and once only. */
import createDOMPurify from 'dompurify'

export const purify = createDOMPurify(window)
