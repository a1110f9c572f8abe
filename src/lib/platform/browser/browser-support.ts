/** What this browser, at this address, lacks for Kith: asked before anything else of the client is loaded. */
import { fail, ok, type Result } from '#protocol/result.ts'

/**
 * - secure-context: plain http on anything but localhost; browsers then offer no crypto and no service worker. All others
 *   that follow from it are left out.
 * - the rest: an old browser, or a mode that switches them off.
 */
export type MissingFeature =
	'secure-context' | 'crypto' | 'service-worker' | 'web-locks' | 'indexeddb' | 'broadcast-channel' | 'worker'

export function browserSupport(scope: typeof globalThis = globalThis): Result<null, readonly MissingFeature[]> {
	if (!scope.isSecureContext) return fail(['secure-context'])
	const { navigator } = scope
	const present: Readonly<Record<Exclude<MissingFeature, 'secure-context'>, boolean>> = {
		crypto: scope.crypto?.subtle !== undefined,
		'service-worker': 'serviceWorker' in navigator,
		'web-locks': 'locks' in navigator,
		indexeddb: scope.indexedDB !== undefined && scope.indexedDB !== null,
		'broadcast-channel': 'BroadcastChannel' in scope,
		worker: 'Worker' in scope,
	}
	const missing = Object.entries(present).flatMap(([name, there]) => (there ? [] : [name as MissingFeature]))
	return missing.length === 0 ? ok(null) : fail(missing)
}
