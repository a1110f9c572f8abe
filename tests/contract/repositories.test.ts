import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteData } from '#server/data/sqlite/sqlite.ts'
import { repositoriesContract } from '#tests/support/repositories-contract.ts'

repositoriesContract('SQLite', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'kith-repositories-'))
	const data = openSqliteData(join(folder, 'kith.sqlite'))
	return {
		...data,
		close: async () => {
			data.close()
			await rm(folder, { recursive: true })
		},
	}
})
