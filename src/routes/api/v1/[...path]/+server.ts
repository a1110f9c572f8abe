/** The HTTP API: all of it is the running instance's (server/http). */
import type { RequestHandler } from '@sveltejs/kit'

export const fallback: RequestHandler = ({ request, locals, getClientAddress }) =>
	locals.kith.api(request, getClientAddress())
