/** Why a code of a device nearby is of no use, in words for people. */
import type { NearbyRefusal } from '../state/views.ts'
import { m } from './catalogue.ts'

export function refusedWords(why: Exclude<NearbyRefusal, 'no-way'>): string {
	switch (why) {
		case 'unreadable':
			return m.nearby_unreadable()
		case 'own':
			return m.nearby_own()
		case 'stranger':
			return m.nearby_stranger()
		case 'stale':
			return m.nearby_stale()
	}
}
