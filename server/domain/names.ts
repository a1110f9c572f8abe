/** Usernames: ASCII, so that no two look alike by their script, and case-folded, so that no two differ by case alone. */

/** Null when `input` is no name: 2 to 32 of a–z, 0–9, dot, dash, underscore, in either case. */
export function foldName(input: string): string | null {
	const name = input.toLowerCase()
	return /^[a-z0-9._-]{2,32}$/.test(name) && /^[\x21-\x7e]+$/.test(input) ? name : null
}
