/** How hard a password is to guess, said honestly. */
import type { Strength } from '../state/password-measure.svelte.ts'
import { m } from './catalogue.ts'

export function strengthWords(strength: Strength): string {
	switch (strength) {
		case 'empty':
			return m.password_empty()
		case 'measuring':
			return m.password_measuring()
		case 'weak':
			return m.password_weak()
		case 'fair':
			return m.password_fair()
		case 'good':
			return m.password_good()
		case 'strong':
			return m.password_strong()
	}
}
