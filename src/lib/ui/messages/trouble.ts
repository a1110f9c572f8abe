/** Why a tab cannot go on, in words. */
import { m } from './catalogue.ts'

export type Trouble = 'outdated' | 'storage-unavailable' | 'storage-full' | 'worker-failed'

export function troubleWords(trouble: Trouble): { readonly title: string; readonly text: string } {
	switch (trouble) {
		case 'outdated':
			return { title: m.trouble_outdated_title(), text: m.trouble_outdated_text() }
		case 'storage-unavailable':
			return { title: m.trouble_storage_title(), text: m.trouble_storage_text() }
		case 'storage-full':
			return { title: m.trouble_full_title(), text: m.trouble_full_text() }
		case 'worker-failed':
			return { title: m.trouble_worker_title(), text: m.trouble_worker_text() }
	}
}
