/** Logs as they travel in JSON: entries and signed heads in base64url. */
import { base64urlToBytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { signedHead, type SignedHead } from '#protocol/head.ts'
import { signedEntry, type SignedEntry } from '#protocol/log-entry.ts'

export interface ReceivedLog {
	readonly from: number
	readonly entries: readonly string[]
	readonly head: string
}

export function textToSignedHead(text: string): SignedHead | null {
	const raw = base64urlToBytes(text)
	const head = raw === null ? null : decode(signedHead, raw)
	return head?.ok === true ? head.value : null
}

/** Null when one of them is malformed: a log has no holes. */
export function textsToEntries(texts: readonly string[]): SignedEntry[] | null {
	const entries: SignedEntry[] = []
	for (const text of texts) {
		const raw = base64urlToBytes(text)
		const entry = raw === null ? null : decode(signedEntry, raw)
		if (entry?.ok !== true) return null
		entries.push(entry.value)
	}
	return entries
}
