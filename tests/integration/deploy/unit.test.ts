/** The unit of deploy/ as systemd itself reads it. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')
const isHere = ['/usr/bin/systemd-analyze', '/bin/systemd-analyze'].some((path) => existsSync(path))

/** Only the folder and the user are those of this machine. */
it.skipIf(!isHere)('is valid, and open to little', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'kith-unit-'))
	onTestFinished(() => rm(folder, { recursive: true, force: true }))
	const unit = (await readFile(join(root, 'deploy/kith.service'), 'utf8'))
		.replaceAll('/opt/kith', root)
		.replace('User=kith', `User=${userInfo().username}`)
	const path = join(folder, 'kith.service')
	await writeFile(path, unit)
	const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', path])
	expect(stdout + stderr).toBe('')
	// Of 100; a unit without any of this has 96.
	await run('systemd-analyze', ['security', '--offline=true', '--threshold=20', path])
})
