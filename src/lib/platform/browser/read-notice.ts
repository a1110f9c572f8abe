/** Reads, in the service worker, what to show of a push: one row of the store, opened to observe and closed again. */
import { noticeOf, notifyAt, notifyRow, type Notice, type NotifyRow } from '#core/notify.ts'
import { createRecords } from '#core/records.ts'
import { createStorageWrap } from '#crypto/storage-wrap.ts'
import { systemRandom } from '../system-ports.ts'
import { openIndexedDbStorage } from './indexeddb-storage.ts'
import { openKeyStore } from './key-store.ts'
import { keyStoreName, storageName } from './storage-names.ts'

/** Never rejects: something is to be shown in any case. */
export async function readNotice(bytes: Uint8Array | null, now: number): Promise<Notice> {
	return noticeOf(bytes, await readRow().catch(() => null), now)
}

async function readRow(): Promise<NotifyRow | null> {
	const keys = await openKeyStore(keyStoreName)
	const storage = await openIndexedDbStorage({ name: storageName, access: 'observe' })
	try {
		const wrap = createStorageWrap({ subtle: crypto.subtle, random: systemRandom }, await keys.storageKey())
		return await createRecords(storage, wrap).get(notifyRow, notifyAt)
	} finally {
		keys.close()
		await storage.close()
	}
}
