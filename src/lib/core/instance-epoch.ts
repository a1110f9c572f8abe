/**
 * Which epoch of the instance this device has met last. Another one means a restored backup: the server has forgotten what came
 * after it. Then no page counts as complete any more, so that the next catch-up compares every one, and what a page lacks on
 * either side goes over.
 */
import { base64urlToBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { fixed, struct, versioned } from '#protocol/codec.ts'
import { metaKeys } from '#store/keys.ts'
import type { Storage } from '#store/storage.ts'
import type { Records } from './records.ts'

const epochRow = versioned(1, struct({ epoch: fixed(16) }))
const at = { store: 'meta', key: metaKeys.instanceEpoch } as const

/** Before the conversations hear that there is a connection. `epoch`: base64url, as the server says it. */
export async function meetEpoch(
	{ storage, records }: { readonly storage: Storage; readonly records: Records },
	epoch: string,
): Promise<void> {
	const met = base64urlToBytes(epoch)
	if (met?.length !== 16) return
	const known = await records.get(epochRow, at)
	if (known !== null && equalBytes(known.epoch, met)) return
	const row = await records.seal(epochRow, at, { epoch: met })
	await storage.transaction('write', ['meta', 'pages'], async (tx) => {
		if (known !== null) await tx.clear('pages')
		await tx.put('meta', row.key, row.bytes)
	})
}

/** Null before the first connection. */
export async function epochMet(records: Records): Promise<Bytes | null> {
	return (await records.get(epochRow, at))?.epoch ?? null
}
