/** Hands the running instance to routes. The bundle finds it by a symbol: an import would be a second copy of the server. */
import type { Handle } from '@sveltejs/kit'

const instanceSymbol = Symbol.for('kith.instance')

/** Proxies take 4 KB of headers unless told otherwise (nginx: proxy_buffer_size); the list of all chunks is longer. */
const linkHeaderMax = 2000

function shortened(links: string): string {
	if (links.length <= linkHeaderMax) return links
	return links.slice(0, links.lastIndexOf(', ', linkHeaderMax))
}

export const handle: Handle = async ({ event, resolve }) => {
	event.locals.kith = (globalThis as unknown as Record<symbol, App.Locals['kith']>)[
		instanceSymbol
	] as App.Locals['kith']
	const response = await resolve(event)
	const links = response.headers.get('link')
	if (links !== null) response.headers.set('link', shortened(links))
	return response
}
