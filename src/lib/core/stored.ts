/** What of the account lies on this device, for whoever asks what the space is used for. */
import type { Storage } from '#store/storage.ts'

/** Events count from the moment they are stored, whether they can be opened or not. */
export function countStored(storage: Storage): Promise<{ conversations: number; messages: number }> {
	return storage.transaction('read', ['conversations', 'events'], async (tx) => ({
		conversations: await tx.count('conversations'),
		messages: await tx.count('events'),
	}))
}
