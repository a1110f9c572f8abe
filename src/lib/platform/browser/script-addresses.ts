/**
 * What may become the address of a script, where the page's policy asks for Trusted Types: the workers of the build and the
 * service worker. A string that anything else hands to `new Worker` or to an element is refused by the browser, and HTML is
 * refused here altogether: who draws some has a policy by name (svelte.config.js).
 */
interface ScriptPolicies {
	readonly defaultPolicy: unknown
	createPolicy(name: 'default', rules: { createScriptURL(address: string): string | null }): unknown
}

const ofTheBuild = /^\/(_app\/immutable\/workers\/[\w.-]+|service-worker)\.js$/

/** `isBuilt` false: `npm run dev`, which serves the sources themselves. */
export function mayRunScript(address: string, { origin, isBuilt }: { origin: string; isBuilt: boolean }): boolean {
	const url = new URL(address, origin)
	return url.origin === origin && (!isBuilt || ofTheBuild.test(url.pathname))
}

interface Surroundings {
	readonly trustedTypes?: ScriptPolicies
	readonly location: { readonly origin: string }
}

/** Once in a page and once in each worker that starts another; again it does nothing. `from`: where this code came from. */
export function limitScriptAddresses(from: string = import.meta.url): void {
	const { trustedTypes, location } = globalThis as unknown as Surroundings
	// Browsers without them go by the rest of the policy: `script-src 'self'`.
	if (trustedTypes === undefined || trustedTypes.defaultPolicy !== null) return
	const about = { origin: location.origin, isBuilt: new URL(from).pathname.startsWith('/_app/') }
	const createScriptURL = (address: string) => (mayRunScript(address, about) ? address : null)
	trustedTypes.createPolicy('default', { createScriptURL })
}
