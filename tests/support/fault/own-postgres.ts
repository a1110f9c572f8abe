/** A PostgreSQL of one's own, which may be killed: Debian's programs on a folder and a free port, with the durability of the default. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { freePort } from '../reverse-proxy.ts'

const installed = '/usr/lib/postgresql'
const versions = await readdir(installed).catch(() => [])
const programs =
	versions.length === 0
		? null
		: join(installed, versions.toSorted((a, b) => Number(a) - Number(b)).at(-1) as string, 'bin')

/** Skipped where it is not installed; with CI=true that is a failure. */
export const mayOwnPostgres = process.env['CI'] === 'true' || programs !== null

export interface OwnPostgres {
	/** Of a superuser, to any database of it. */
	readonly url: string
	/** Power off: every process of it ends at once, nothing is flushed. */
	kill(): Promise<void>
	/** Resolves once it has recovered, and answers. */
	start(): Promise<void>
	/** Ends it, and removes its folder. */
	remove(): Promise<void>
}

const run = promisify(execFile)

/** It refuses to run as root: then it is the user of the package. */
async function owner(): Promise<{ uid: number; gid: number } | null> {
	if (process.getuid?.() !== 0) return null
	const id = async (kind: string) => Number((await run('id', [kind, 'postgres'])).stdout)
	return { uid: await id('-u'), gid: await id('-g') }
}

export async function startOwnPostgres(): Promise<OwnPostgres> {
	if (programs === null) throw new Error('PostgreSQL is not installed')
	const folder = await mkdtemp(join(tmpdir(), 'kith-postgres-'))
	const data = join(folder, 'data')
	const user = await owner()
	await mkdir(data, { mode: 0o700 })
	if (user !== null) for (const path of [folder, data]) await chown(path, user.uid, user.gid)
	const initial = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C']
	await run(join(programs, 'initdb'), initial, { ...user, cwd: folder })
	const port = await freePort()
	const url = `postgres://postgres@127.0.0.1:${port}/postgres`
	const settings = ['-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`]
	let child: ChildProcess | undefined
	const start = async () => {
		const ends = Date.now() + patience
		do {
			// It refuses while a process of the one before has not gone.
			if (child === undefined || hasEnded(child))
				child = spawn(join(programs, 'postgres'), ['-D', data, ...settings], { ...user, cwd: folder, stdio: 'ignore' })
			if (Date.now() > ends) throw new Error('PostgreSQL does not answer')
		} while (!(await answers(url)))
	}
	const kill = async () => {
		const dying = child
		if (dying?.pid === undefined || hasEnded(dying)) return
		const { pid } = dying
		// Each of them leads a session of its own. The parent first: it would begin anew when one of them dies.
		const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')).split(' ')
		const ended = once(dying, 'exit')
		dying.kill('SIGKILL')
		for (const one of children.map(Number).filter((id) => id > 0)) killIfThere(one)
		await ended
	}
	await start()
	return {
		url,
		kill,
		start,
		remove: async () => {
			await kill()
			await rm(folder, { recursive: true, force: true })
		},
	}
}

const patience = 60_000

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
	return exitCode !== null || signalCode !== null
}

/** By its number: it may have noticed already that its parent is gone. */
function killIfThere(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL')
	} catch {
		// It has.
	}
}

async function answers(url: string): Promise<boolean> {
	const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
	client.on('error', () => undefined)
	try {
		await client.connect()
		await client.query('SELECT 1')
		return true
	} catch {
		await new Promise((later) => setTimeout(later, 50))
		return false
	} finally {
		await client.end().catch(() => undefined)
	}
}
