import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteData } from '#server/data/sqlite/sqlite.ts'
import { eventsContract } from '#tests/support/events-contract.ts'

eventsContract('SQLite', () => {
	const folder = mkdtempSync(join(tmpdir(), 'kith-events-'))
	const data = openSqliteData(join(folder, 'kith.db'))
	return {
		...data,
		close: () => {
			data.close()
			rmSync(folder, { recursive: true })
		},
	}
})
