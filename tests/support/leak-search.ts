/**
 * Looks for secrets in bytes, however they may have been written down: as they are, in UTF-16 of both byte orders, in
 * hexadecimal of both cases, and in base64 of both alphabets at each of the three places where three bytes may begin.
 *
 * It finds whole secrets only, and nothing that was compressed or encrypted: unpack bodies before searching them. A search
 * that finds nothing proves nothing by itself, so whoever uses it plants a canary beside and looks for that too.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Secret {
	/** What the finding is called; the secret itself is not printed. */
	readonly name: string
	readonly value: string | Uint8Array
}

/** Bytes to search: a file, a body, a frame, a log. */
export interface Place {
	readonly name: string
	readonly bytes: Uint8Array
}

export interface Leak {
	readonly secret: string
	readonly spelling: string
	readonly place: string
	readonly offset: number
}

/** Shorter ones turn up by chance, and half a base64 group hides too much of them. */
const shortest = 6

/**
 * The characters of base64 that depend on `bytes` alone when `before` bytes (0 to 2) stand in front of them in the stream,
 * whatever comes before and after (RFC 4648 §4).
 */
function base64Core(bytes: Uint8Array, before: number): string {
	const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
	const from = Math.ceil((before * 8) / 6)
	const to = Math.floor(((before + bytes.length) * 8) / 6)
	return text.slice(from, to)
}

function toUrlAlphabet(text: string): string {
	return text.replaceAll('+', '-').replaceAll('/', '_')
}

/** Every way in which `value` may lie somewhere, by name. Text counts in UTF-8 and, as it is, in UTF-16. */
export function spellingsOf(value: string | Uint8Array): ReadonlyMap<string, Buffer> {
	const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value)
	if (bytes.length < shortest) throw new Error(`A secret of ${bytes.length} bytes cannot be searched for.`)
	const spellings = new Map<string, Buffer>([['plain', bytes]])
	if (typeof value === 'string') {
		const littleEndian = Buffer.from(value, 'utf16le')
		spellings.set('UTF-16LE', littleEndian)
		spellings.set('UTF-16BE', Buffer.from(littleEndian).swap16())
	}
	spellings.set('hex', Buffer.from(bytes.toString('hex')))
	spellings.set('HEX', Buffer.from(bytes.toString('hex').toUpperCase()))
	for (const before of [0, 1, 2]) {
		const core = base64Core(bytes, before)
		spellings.set(`base64+${before}`, Buffer.from(core))
		spellings.set(`base64url+${before}`, Buffer.from(toUrlAlphabet(core)))
	}
	return spellings
}

/** The first finding of each spelling of each secret in each place. */
export function findLeaks(secrets: readonly Secret[], places: readonly Place[]): Leak[] {
	const wanted = secrets.flatMap(({ name, value }) =>
		[...spellingsOf(value)].map(([spelling, bytes]) => ({ name, spelling, bytes })),
	)
	return places.flatMap((place) => {
		const haystack = Buffer.from(place.bytes.buffer, place.bytes.byteOffset, place.bytes.byteLength)
		return wanted.flatMap(({ name, spelling, bytes }) => {
			const offset = haystack.indexOf(bytes)
			return offset < 0 ? [] : [{ secret: name, spelling, place: place.name, offset }]
		})
	})
}

/** Every file under `folder`, by its path inside; `skip` says which are left out. */
export async function filesIn(folder: string, skip: (path: string) => boolean = () => false): Promise<Place[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true })
	const paths = entries
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
	const wanted = paths.filter((path) => !skip(path)).sort()
	return Promise.all(wanted.map(async (path) => ({ name: path, bytes: await readFile(join(folder, path)) })))
}
