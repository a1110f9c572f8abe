/**
 * Headers of every response. Pages get their Content-Security-Policy from SvelteKit, which knows the hashes of its inline
 * scripts; what is no page gets one here, because a worker obeys the policy of its own script's response.
 */
import type { ServerResponse } from 'node:http'

const always: Readonly<Record<string, string>> = {
	'x-content-type-options': 'nosniff',
	'referrer-policy': 'no-referrer',
	'cross-origin-opener-policy': 'same-origin',
	'cross-origin-resource-policy': 'same-origin',
	'x-frame-options': 'DENY',
	// Camera and microphone are asked for by the app itself.
	'permissions-policy':
		'accelerometer=(), bluetooth=(), browsing-topics=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), ' +
		'idle-detection=(), magnetometer=(), midi=(), payment=(), serial=(), usb=()',
}

interface PolicyRule {
	readonly about: string
	readonly path: RegExp
	readonly policy: string
}

/** A worker makes no HTML; one of ours starts another, by the rule of platform/browser/script-addresses.ts. */
const trusted = "require-trusted-types-for 'script'; trusted-types default"
const script = `default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'; ${trusted}`

/** The first rule whose path fits. */
const policies: readonly PolicyRule[] = [
	{
		about: 'The worker that runs OPAQUE compiles WebAssembly; nothing else may.',
		path: /^\/_app\/immutable\/workers\/opaque-/,
		policy: `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; ${trusted}`,
	},
	{ about: 'Scripts, among them those of workers.', path: /^\/(_app\/|service-worker\.js$)/, policy: script },
	{
		about: 'The documentation of the API: scripts and styles of its own, and small pictures inside its sheet.',
		path: /^\/swagger(\/|$)/,
		policy:
			"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	},
	{
		about: 'The API is no document.',
		path: /^\/(api|healthz|readyz|metrics)(\/|$)/,
		policy: "default-src 'none'; frame-ancestors 'none'",
	},
]

const yearOfHttps = 'max-age=31536000'

/** Set before anything is written; a handler may replace them. */
export function setSecurityHeaders(
	response: ServerResponse,
	{ path, isHttps }: { path: string; isHttps: boolean },
): void {
	for (const [name, value] of Object.entries(always)) response.setHeader(name, value)
	if (isHttps) response.setHeader('strict-transport-security', yearOfHttps)
	const rule = policies.find((candidate) => candidate.path.test(path))
	if (rule !== undefined) response.setHeader('content-security-policy', rule.policy)
}
