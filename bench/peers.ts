/** The servers that ours is measured against: installed when they are first asked for, from the bench's own lock file. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { say } from './lines.ts'

const modules = join(import.meta.dirname, 'node_modules')
/** npm writes it last, so a broken install is made again. */
const finished = join(modules, '.package-lock.json')
const needed = ['@hocuspocus/server', '@hocuspocus/extension-sqlite', 'better-sqlite3', 'y-websocket/bin/server.cjs']

function areHere(): boolean {
	return existsSync(finished) && needed.every((name) => existsSync(join(modules, name)))
}

/** False when they cannot be had: npm has said why on stderr. */
export function havePeers(): boolean {
	if (areHere()) return true
	say('Installing the peers, once: npm ci --prefix bench')
	const args = ['ci', '--prefix', import.meta.dirname, '--no-audit', '--no-fund', '--loglevel', 'error']
	const { status } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] })
	return status === 0 && areHere()
}
