import { afterEach, expect, it, vi } from 'vitest'
import { limitScriptAddresses, mayRunScript } from '#platform/browser/script-addresses.ts'

const origin = 'https://chat.example'
const built = { origin, isBuilt: true }

afterEach(() => {
	vi.unstubAllGlobals()
})

it.each(['/_app/immutable/workers/core-worker-B2x.js', '/service-worker.js', `${origin}/service-worker.js`])(
	'lets %s be a script',
	(address) => {
		expect(mayRunScript(address, built)).toBe(true)
	},
)

it.each([
	'https://evil.example/service-worker.js',
	'//evil.example/service-worker.js',
	'blob:https://chat.example/9f1c',
	'data:text/javascript,alert(1)',
	'javascript:alert(1)',
	'/api/v1/conversations/AAAA/blobs/AAAA',
	'/_app/immutable/workers/../../../api/v1/conversations/AAAA/pictures/AAAA.js',
	'/_app/immutable/workers/%2e%2e/x.js',
	'/service-worker.js/x',
	'/share#/service-worker.js',
])('lets %s be none', (address) => {
	expect(mayRunScript(address, built)).toBe(false)
})

it('lets the sources of our origin run where they are served themselves, and nothing from elsewhere', () => {
	const dev = { origin, isBuilt: false }
	expect(mayRunScript('/src/lib/platform/browser/worker/core-worker.ts?worker_file', dev)).toBe(true)
	expect(mayRunScript('https://evil.example/x.js', dev)).toBe(false)
})

it('makes one policy, and none where the browser knows of none', () => {
	expect(() => limitScriptAddresses()).not.toThrow()
	const made: { createScriptURL(address: string): string | null }[] = []
	const trustedTypes = {
		defaultPolicy: null as unknown,
		createPolicy(name: string, rules: (typeof made)[number]) {
			expect(name).toBe('default')
			this.defaultPolicy = made[made.push(rules) - 1]
		},
	}
	vi.stubGlobal('trustedTypes', trustedTypes)
	vi.stubGlobal('location', { origin })
	for (let i = 0; i < 2; i++) limitScriptAddresses(`${origin}/_app/immutable/entry/app.js`)
	expect(made.map((rules) => Object.keys(rules))).toEqual([['createScriptURL']])
	expect(made[0]?.createScriptURL('/service-worker.js')).toBe('/service-worker.js')
	expect(made[0]?.createScriptURL('/elsewhere.js')).toBeNull()
})
