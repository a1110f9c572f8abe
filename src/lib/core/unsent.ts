/**
 * What was written on this device and no server has, carried over when its store is emptied for a new device of the same
 * account: a store that lost its keys, or a device that was ended, costs no message.
 */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { keyToNumber, metaKeys, outboxKey } from '#store/keys.ts'
import type { Storage } from '#store/storage.ts'
import { accountRow } from './account-rows.ts'
import { sequenceRow } from './conversation-rows.ts'
import { outboxRow, type OutboxRow } from './outbox-row.ts'
import { putOutbox } from './outbox.ts'
import { unplacedRow } from './reclaim.ts'
import type { Records } from './records.ts'
import { ownerAt } from './resident.ts'

export interface Unsent {
	readonly conversation: string
	readonly sequence: number
	readonly row: OutboxRow
}

interface UnsentDeps {
	readonly records: Records
	readonly storage: Storage
}

/** Nothing, where the store is not known to be this account's: words must not go out under another's name. */
export async function unsentOf({ records }: Pick<UnsentDeps, 'records'>, idHash: Bytes): Promise<readonly Unsent[]> {
	const owner =
		(await records.get(accountRow, { store: 'meta', key: metaKeys.account })) ??
		(await records.get(accountRow, ownerAt))
	if (owner === null || !equalBytes(owner.idHash, idHash)) return []
	const rows = await records.all(outboxRow, 'outbox')
	return rows.map(({ key, value }) => ({
		conversation: key.slice(0, key.indexOf('/')),
		sequence: keyToNumber(key),
		// Its place was in a stream of the device before.
		row: value.placed === null ? value : unplacedRow(value, value.placed.eventId),
	}))
}

export async function putUnsent({ records, storage }: UnsentDeps, unsent: readonly Unsent[]): Promise<void> {
	if (unsent.length === 0) return
	const last = Math.max(...unsent.map(({ sequence }) => sequence))
	const counter = await records.seal(sequenceRow, { store: 'meta', key: metaKeys.sequence }, { last })
	const rows = await Promise.all(
		unsent.map(({ conversation, sequence, row }) =>
			records.seal(outboxRow, { store: 'outbox', key: outboxKey(conversation, sequence) }, row),
		),
	)
	await storage.transaction('write', ['meta', 'outbox'], async (tx) => {
		await tx.put('meta', counter.key, counter.bytes)
		for (const row of rows) await putOutbox(tx, row)
	})
}
