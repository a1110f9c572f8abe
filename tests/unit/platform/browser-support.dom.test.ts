import { expect, test } from 'vitest'
import { browserSupport } from '#platform/browser/browser-support.ts'

const complete = {
	isSecureContext: true,
	crypto: { subtle: {} },
	indexedDB: {},
	BroadcastChannel: class {},
	Worker: class {},
	navigator: { serviceWorker: {}, locks: {} },
}
const ask = (scope: object) => browserSupport(scope as typeof globalThis)

test('a browser with everything is fine', () => {
	expect(ask(complete)).toEqual({ ok: true, value: null })
})

test('plain http is named alone: what else is missing follows from it', () => {
	expect(ask({ isSecureContext: false, navigator: {} })).toEqual({ ok: false, error: ['secure-context'] })
})

test('each missing part is named', () => {
	expect(ask({ isSecureContext: true, navigator: {} })).toEqual({
		ok: false,
		error: ['crypto', 'service-worker', 'web-locks', 'indexeddb', 'broadcast-channel', 'worker'],
	})
	expect(ask({ ...complete, navigator: { locks: {} } })).toEqual({ ok: false, error: ['service-worker'] })
})
