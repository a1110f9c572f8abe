/** `kith migrate-to` that is killed on its way. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import process from 'node:process'
import type { TestDatabase } from './test-database.ts'

export interface KilledMove {
	readonly data: string
	readonly database: TestDatabase
	/** Behind `migrate-to`. */
	readonly args?: readonly string[]
	/** Killed as soon as so many rows of the table are noted. */
	readonly table: string
	readonly rows: number
}

export async function killedMove({ data, database, args = [], table, rows }: KilledMove): Promise<void> {
	const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', KITH_DATA: data, DATABASE_URL: database.url }
	const child = spawn(process.execPath, [resolve('server/kith.js'), 'migrate-to', ...args], {
		...{ env, stdio: ['ignore', 'ignore', 'pipe'] },
	})
	let said = ''
	child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
	const ended = once(child, 'exit')
	const isThere = async () => {
		await database.until(`SELECT 1 WHERE to_regclass('kith_move') IS NOT NULL`)
		await database.until(`SELECT 1 FROM kith_move WHERE "table" = '${table}' AND rows >= ${rows}`)
	}
	const tooSoon = ended.then(([code]) => {
		if (code !== null) throw new Error(`it ended by itself with ${String(code)}: ${said}`)
	})
	await Promise.race([isThere(), tooSoon])
	child.kill('SIGKILL')
	await ended
}
