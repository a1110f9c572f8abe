/** Who can read a conversation, in one exact line (row C6). */
import type { ReadersView } from '../state/views.ts'
import { m } from './catalogue.ts'

/** `guests`: may people without an account read open rooms here? Null while nobody knows: then they may. */
export function readersWords(
	{ who }: ReadersView,
	{ nameOf, guests }: { nameOf: (account: string) => string; guests: boolean | null },
): string {
	switch (who.type) {
		case 'only-you':
			return m.details_readers_self()
		case 'pair':
			return m.details_readers_direct({ name: nameOf(who.other) })
		case 'members':
			return who.joiners === 'see-earlier'
				? m.details_readers_see_earlier({ count: who.people.length })
				: m.details_readers_see_later({ count: who.people.length })
		case 'server':
			return openReaders(guests)
	}
}

/** Of an open room. */
export function openReaders(guests: boolean | null): string {
	return guests === false ? m.details_readers_server() : m.details_readers_anyone()
}

/** Who may come in besides, and who has the key in use and should not any more; empty as a rule. */
export function readersNotes({ who, past }: ReadersView): readonly string[] {
	const links = who.type === 'members' ? who.links : 0
	return [
		...(links > 0 ? [m.details_readers_links({ count: links })] : []),
		...(past.people.length > 0 ? [m.details_readers_left()] : []),
		...(past.devicesOf > 0 ? [m.details_readers_revoked()] : []),
	]
}
