import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { projectRoot } from './source-files.ts'

const run = promisify(execFile)

/**
 * A package can carry a whole runtime in by one reference in its typings; from then on `document` or `Buffer` compiles in
 * protocol/ and nobody notices. So the list of what the compiler read is looked at.
 */
test('the rooms below platform compile without the typings of a browser or of Node', async () => {
	const tsc = join(projectRoot, 'node_modules/@typescript/native/bin/tsc')
	const list = await run(process.execPath, [tsc, '-p', 'tsconfig.rooms.json', '--listFilesOnly'], {
		cwd: projectRoot,
		maxBuffer: 1 << 24,
	})
	const files = list.stdout.split('\n').filter((path) => path !== '')
	expect(files.some((path) => path.endsWith('src/lib/runtime.d.ts'))).toBe(true)
	expect(files.filter((path) => /\/lib\.(dom|webworker|scripthost)\b|\/@types\/node\//.test(path))).toEqual([])
})
