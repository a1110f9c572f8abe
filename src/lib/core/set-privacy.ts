/** Sets what others may see of this person (privacy.ts): at the server, and for all devices, before it resolves. */
import { encode } from '#protocol/codec.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { KithError, PrivacyView } from './api.ts'
import { toKithError } from './http-errors.ts'
import { directEntry, relayedEntry, shownEntry, type PrivacyEntry } from './privacy.ts'
import { createQueue } from './queue.ts'
import type { SignedInSession } from './signed-in.ts'

type Session = Pick<SignedInSession, 'privacy' | 'entries' | 'http'>
export type SetPrivacy = (session: Session, change: Partial<PrivacyView>) => Promise<Result<null, KithError>>

async function set({ privacy, entries, http }: Session, change: Partial<PrivacyView>): ReturnType<SetPrivacy> {
	const before = privacy.now()
	const wanted = { ...before, ...change }

	async function put<T extends Partial<PrivacyView>>({ name, value, otherwise }: PrivacyEntry<T>) {
		const names = Object.keys(otherwise) as (keyof PrivacyView)[]
		if (names.every((one) => change[one] === undefined)) return ok(null)
		const kept = await entries.put(name, encode(value, wanted as PrivacyView & T))
		return kept.ok ? ok(null) : kept
	}

	// What hides most first: no address goes out in between.
	const relayed = await put(relayedEntry)
	if (!relayed.ok) return relayed
	const direct = await put(directEntry)
	if (!direct.ok) return direct
	if (wanted.presence !== before.presence) {
		const told = await http.call((api) => api.accounts.setPresence({ shown: wanted.presence }))
		if (!told.ok) return fail(toKithError(told.error))
	}
	return put(shownEntry)
}

/** One after the other: each is judged by what the one before it left. */
export function createSetPrivacy(): SetPrivacy {
	const queue = createQueue()
	return (session, change) => queue.run('privacy', () => set(session, change))
}
