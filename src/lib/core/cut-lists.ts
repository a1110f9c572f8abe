/** Lists that cuts name by hash, kept for good: without one, what it judges can be neither shown nor refused (SPEC CHK12). */
import type { Crypto } from '#crypto/suite.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { bytes, decode, struct, versioned } from '#protocol/codec.ts'
import { cutHash, cutList, type CutList } from '#protocol/cut.ts'
import { under } from '#store/keys.ts'
import type { Records } from './records.ts'

export interface KeptCutLists {
	readonly get: (hash: Bytes) => CutList | null
	/** True where one is new. */
	readonly take: (texts: readonly string[]) => Promise<boolean>
	readonly restore: () => Promise<void>
}

const cutListMax = 512 * 1024
const row = versioned(1, struct({ list: bytes(cutListMax) }))
const prefix = 'cut'

export function createKeptCutLists(records: Records, crypto: Crypto): KeptCutLists {
	const known = new Map<string, CutList>()

	function keep(list: Bytes): string | null {
		const decoded = decode(cutList, list)
		if (!decoded.ok) return null
		const key = bytesToBase64url(cutHash(crypto.hash, decoded.value))
		known.set(key, decoded.value)
		return key
	}

	return {
		get: (hash) => known.get(bytesToBase64url(hash)) ?? null,
		take: async (texts) => {
			const count = known.size
			for (const text of texts) {
				const list = base64urlToBytes(text)
				const before = known.size
				const key = list === null ? null : keep(list)
				if (key === null || known.size === before) continue
				await records.put(row, { store: 'meta', key: `${prefix}/${key}` }, { list: list as Bytes })
			}
			return known.size > count
		},
		restore: async () => {
			for (const { value } of await records.all(row, 'meta', under(prefix))) keep(value.list)
		},
	}
}
