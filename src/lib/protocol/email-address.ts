/**
 * E-mail addresses, as accounts may have one (SPEC EML): ASCII, in one spelling. Narrower than RFC 5321 on purpose: no quotes,
 * comments, lists or control characters, so that an address is never more than one recipient and one line of a header.
 */

const local = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const domain = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/** Lengths of RFC 5321 §4.5.3.1. */
const localMax = 64
const addressMax = 254

/** EML1. Spaces around are dropped, letters made small; null when `input` is no address. */
export function foldEmailAddress(input: string): string | null {
	if (input.length > addressMax * 2) return null
	const address = input.trim().toLowerCase()
	const at = address.lastIndexOf('@')
	const [name, host] = [address.slice(0, Math.max(at, 0)), address.slice(at + 1)]
	const isAddress = address.length <= addressMax && name.length <= localMax && local.test(name) && domain.test(host)
	return isAddress ? address : null
}
