/** What a store answers to ListObjectsV2 (XML), as far as it is asked for. */

export interface Listing {
	readonly keys: readonly string[]
	/** Beginnings up to the delimiter, of keys that are not listed for it. */
	readonly prefixes: readonly string[]
	/** Null: this was all. */
	readonly next: string | null
}

/** Null: this is no listing. */
export function readListing(xml: string): Listing | null {
	if (!/<ListBucketResult[\s>]/.test(xml)) return null
	const isCut = /<IsTruncated>\s*true\s*<\/IsTruncated>/.test(xml)
	const next = texts(xml, /<NextContinuationToken>([^<]*)<\/NextContinuationToken>/g)[0]
	if (isCut && (next === undefined || next === '')) return null
	return {
		keys: texts(xml, /<Contents>.*?<Key>([^<]*)<\/Key>/gs),
		prefixes: texts(xml, /<CommonPrefixes>.*?<Prefix>([^<]*)<\/Prefix>/gs),
		next: isCut ? (next as string) : null,
	}
}

function texts(xml: string, pattern: RegExp): string[] {
	return [...xml.matchAll(pattern)].map(([, text]) => unescaped(text as string))
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescaped(text: string): string {
	return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal?: string, hex?: string, name = '') => {
		const point = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : null
		if (point === null) return entities[name as string] ?? whole
		return point <= 0x10ffff ? String.fromCodePoint(point) : whole
	})
}
