/**
 * A film of pictures without what stands beside them (GIF89a): comments, and what programs and cameras write into it for themselves
 * (XMP tells where it was taken). How often it runs, which is written the same way, stays.
 */

const colourTable = (packed: number) => ((packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1))

const [extension, image, trailer] = [0x21, 0x2c, 0x3b]
const [comment, application] = [0xfe, 0xff]
/** Identifiers and codes of those that say how often it runs. */
const loops: readonly string[] = ['NETSCAPE2.0', 'ANIMEXTS1.0']

/** Null for what is no such film, or is cut off. */
export function bareGif(bytes: Uint8Array): Uint8Array<ArrayBuffer> | null {
	if (!/^GIF8[79]a$/.test(latin(bytes, 0, 6)) || bytes.length < 13) return null
	const kept: Uint8Array[] = []
	let at = 13 + colourTable(bytes[10] as number)
	kept.push(bytes.subarray(0, at))
	while (at < bytes.length) {
		if (bytes[at] === trailer) return joined([...kept, bytes.subarray(at, at + 1)])
		const end = endOfBlock(bytes, at)
		if (end === null) return null
		if (!isBeside(bytes, at)) kept.push(bytes.subarray(at, end))
		at = end
	}
	return null
}

function isBeside(bytes: Uint8Array, at: number): boolean {
	if (bytes[at] !== extension) return false
	return bytes[at + 1] === comment || (bytes[at + 1] === application && !loops.includes(latin(bytes, at + 3, at + 14)))
}

/** Null where it is none, or is cut off. */
function endOfBlock(bytes: Uint8Array, at: number): number | null {
	if (bytes[at] === extension) return endOfParts(bytes, at + 2)
	if (bytes[at] !== image) return null
	// Its place and size, its own colours, and the width of its first codes.
	return endOfParts(bytes, at + 11 + colourTable(bytes[at + 9] ?? 0))
}

/** Parts of up to 255 bytes, each after its length; one of none ends them. */
function endOfParts(bytes: Uint8Array, from: number): number | null {
	for (let at = from; at < bytes.length;) {
		const length = bytes[at] as number
		at += 1 + length
		if (length === 0) return at
	}
	return null
}

function latin(bytes: Uint8Array, from: number, to: number): string {
	return String.fromCharCode(...bytes.subarray(from, to))
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
	const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
	let at = 0
	for (const part of parts) {
		all.set(part, at)
		at += part.length
	}
	return all
}
