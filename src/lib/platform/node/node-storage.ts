/**
 * Node's Storage: one SQLite file (WAL). `write` commits under synchronous=FULL.
 * Several processes may open one file; the generation decides which of them leads.
 */
import { schemaChanges } from '#store/schema.ts'
import { openSerialStorage } from '#store/serial-storage.ts'
import type { OpenOptions, Storage } from '#store/storage.ts'
import { SqliteRows } from './sqlite-rows.ts'

export interface NodeStorageOptions extends OpenOptions {
	/** The file; its folder must exist. Beside it lie `-wal` and `-shm` while it is open. */
	readonly path: string
}

/** Opens or makes the file, brought to the current schema. Throws StorageError. */
export async function openNodeStorage(options: NodeStorageOptions): Promise<Storage> {
	return openSerialStorage(new SqliteRows(options.path, options.changes ?? schemaChanges), options)
}
