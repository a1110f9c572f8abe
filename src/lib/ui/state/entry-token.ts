/** What a set-up, join or mailed address carries behind its #; the part that no server sees. */

/** The token of a set-up link or a mailed confirmation, or null when the address was cut short. */
export function entryToken(hash: string): string | null {
	const token = hash.replace(/^#/u, '').trim()
	return /^[A-Za-z0-9_-]{8,}$/u.test(token) ? token : null
}

/** Who asks in a mailed invitation: a username, or null when the address was cut short. */
export function invitingName(hash: string): string | null {
	const name = hash.replace(/^#/u, '').trim()
	return /^[a-z0-9._-]{2,32}$/u.test(name) ? name : null
}
