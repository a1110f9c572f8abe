/**
 * After `npm ci`: lets `npx kith` find the operator's command line in a clone with every npm, and puts the Node that came as a package in front of the machine's own for every npm script.
 * npm 11 links it by itself. npm 10, which comes with Node 20, links it too and then removes the link together with the
 * packages of other platforms, whose programs have the same name. Plain JavaScript: this runs on the machine's Node.
 */
import { chmodSync, existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
const program = `node-${process.platform}-${process.arch}/bin/node`
const link = join(modules, '.bin/node')
const kith = join(modules, '.bin/kith')

// Windows has no links of this kind; there the Node found is used, and start.js says so when it is too old.
if (process.platform !== 'win32' && existsSync(join(modules, program)) && !existsSync(link)) {
	chmodSync(join(modules, program), 0o755)
	symlinkSync(join('..', program), link)
}
if (process.platform !== 'win32' && !existsSync(kith)) symlinkSync('../../server/kith.js', kith)
