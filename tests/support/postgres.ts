/** Suites that need PostgreSQL: where none answers they are skipped with one line, and with CI=true they fail. */
import { describe } from 'vitest'
import { isPostgresHere } from './test-database.ts'

const mayRun = process.env['CI'] === 'true' || (await isPostgresHere())
if (!mayRun) process.stderr.write('No PostgreSQL answers at TEST_DATABASE_URL: what needs one is skipped.\n')

export const describeOnPostgres = describe.skipIf(!mayRun)
