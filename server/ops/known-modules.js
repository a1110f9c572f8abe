/**
 * Imported for what it does: says of drizzle-orm's own files what they are, in place of Node, which parses the 180 KB of its
 * package.json once for each of the 150 that a start reads (decision 0432). Nothing else is touched; an old Node has no such hooks.
 * Plain JavaScript, like what begins with it.
 */
import * as nodeModule from 'node:module'

const folder = '/node_modules/drizzle-orm/'

nodeModule.registerHooks?.({
	resolve(specifier, context, next) {
		const { parentURL } = context
		if (!specifier.startsWith('.') || !specifier.endsWith('.js') || !parentURL?.includes(folder))
			return next(specifier, context)
		return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true }
	},
})
