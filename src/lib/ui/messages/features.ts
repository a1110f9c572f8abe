/** What a browser can lack, in words for people. */
import { m } from './catalogue.ts'

export type Feature =
	'secure-context' | 'crypto' | 'service-worker' | 'web-locks' | 'indexeddb' | 'broadcast-channel' | 'worker'

/** Without a secure context the browser withholds several at once. */
export function featureWords(missing: readonly Feature[]): string[] {
	return missing.flatMap((feature) =>
		feature === 'secure-context'
			? [m.feature_crypto(), m.feature_service_worker(), m.feature_web_locks()]
			: [oneFeature(feature)],
	)
}

function oneFeature(feature: Exclude<Feature, 'secure-context'>): string {
	switch (feature) {
		case 'crypto':
			return m.feature_crypto()
		case 'service-worker':
			return m.feature_service_worker()
		case 'web-locks':
			return m.feature_web_locks()
		case 'indexeddb':
			return m.feature_indexeddb()
		case 'broadcast-channel':
			return m.feature_broadcast_channel()
		case 'worker':
			return m.feature_worker()
	}
}
