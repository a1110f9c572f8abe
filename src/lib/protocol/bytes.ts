/**
 * Byte strings: the one representation that every room passes around.
 * Nothing here knows what the bytes mean.
 */

/** Bytes over a plain ArrayBuffer, as WebCrypto, IndexedDB and WebSocket want them. */
export type Bytes = Uint8Array<ArrayBuffer>

const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function utf8ToBytes(text: string): Bytes {
	return textEncoder.encode(text)
}

/** Throws TypeError when `bytes` is not well-formed UTF-8 (RFC 3629). */
export function bytesToUtf8(bytes: Uint8Array): string {
	return textDecoder.decode(bytes)
}

export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
	let length = 0
	for (const part of parts) length += part.length
	const out = new Uint8Array(length)
	let offset = 0
	for (const part of parts) {
		out.set(part, offset)
		offset += part.length
	}
	return out
}

/** Equality for public values; secrets are compared by the crypto room. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false
	for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
	return true
}

/** Lexicographic order of unsigned bytes; a prefix comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
	const shared = Math.min(a.length, b.length)
	for (let i = 0; i < shared; i++) {
		const difference = (a[i] as number) - (b[i] as number)
		if (difference !== 0) return difference
	}
	return a.length - b.length
}

/** A copy over an ArrayBuffer of its own: the result never pins a larger buffer. */
export function copyBytes(bytes: Uint8Array): Bytes {
	return new Uint8Array(bytes)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const sextets = new Int8Array(128).fill(-1)
for (let i = 0; i < alphabet.length; i++) sextets[alphabet.charCodeAt(i)] = i

const letters = Uint8Array.from(alphabet, (letter) => letter.charCodeAt(0))
/** Up to here letters become a string faster one by one. */
const shortText = 64
/** By length: written over by the next text of that length, so that naming an id leaves nothing behind but its name. */
const shortCodes: number[][] = []

/**
 * base64url without padding (RFC 4648 §5). Made of codes, not by joining letters: ids are kept as keys by the thousand, and
 * V8 keeps a joined string as the tree that it was joined from, ten times as large, until somebody reads it.
 */
export function bytesToBase64url(bytes: Uint8Array): string {
	const length = Math.ceil((bytes.length * 4) / 3)
	if (length > shortText) {
		const codes = new Uint8Array(length)
		writeLetters(bytes, codes)
		return textDecoder.decode(codes)
	}
	// A list of numbers: `apply` would make one of a byte string, which takes twice as long as all the rest.
	const codes = (shortCodes[length] ??= Array.from({ length }, () => 0))
	writeLetters(bytes, codes)
	return String.fromCharCode.apply(null, codes)
}

function writeLetters(bytes: Uint8Array, codes: Uint8Array | number[]): void {
	let at = 0
	let i = 0
	for (; i + 2 < bytes.length; i += 3) {
		const word = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number)
		codes[at++] = letters[word >> 18] as number
		codes[at++] = letters[(word >> 12) & 63] as number
		codes[at++] = letters[(word >> 6) & 63] as number
		codes[at++] = letters[word & 63] as number
	}
	const left = bytes.length - i
	if (left === 0) return
	const word = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8)
	codes[at++] = letters[word >> 18] as number
	codes[at++] = letters[(word >> 12) & 63] as number
	if (left === 2) codes[at] = letters[(word >> 6) & 63] as number
}

/** Null when `text` is not the one canonical base64url spelling of some bytes. */
export function base64urlToBytes(text: string): Bytes | null {
	if (text.length % 4 === 1) return null
	const out = new Uint8Array(Math.floor((text.length * 3) / 4))
	let word = 0
	let bits = 0
	let offset = 0
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i)
		const sextet = code < 128 ? (sextets[code] as number) : -1
		if (sextet < 0) return null
		word = ((word << 6) | sextet) & 0xffffff
		bits += 6
		if (bits >= 8) {
			bits -= 8
			out[offset++] = (word >> bits) & 0xff
		}
	}
	if (bits > 0 && (word & ((1 << bits) - 1)) !== 0) return null
	return out
}

const digits = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/** Made of codes for the same reason. */
export function bytesToHex(bytes: Uint8Array): string {
	const codes = new Uint8Array(bytes.length * 2)
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i] as number
		codes[2 * i] = digits[byte >> 4] as number
		codes[2 * i + 1] = digits[byte & 15] as number
	}
	return textDecoder.decode(codes)
}

/** Null when `text` is not an even number of lower-case hexadecimal digits. */
export function hexToBytes(text: string): Bytes | null {
	if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return null
	const out = new Uint8Array(text.length / 2)
	for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
	return out
}
