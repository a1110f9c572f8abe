/**
 * `npm start`: looks at the Node it runs on, builds the web app when that is needed, then starts the server.
 * Plain JavaScript, because an old Node must still be able to read the sentence below.
 */
import { spawn } from 'node:child_process'
import * as nodeModule from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import './ops/known-modules.js'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const tooOld = major < 22 || (major === 22 && minor < 12)

if (tooOld) {
	process.stderr.write(
		`Kith needs Node 22.12 or newer and found ${process.versions.node}: start it with "npm start" after "npm ci", ` +
			'which brings Node 24 on Linux and Windows (x64, and arm64 on Linux); elsewhere install Node 24.\n',
	)
	process.exit(1)
}

if (process.features.typescript) {
	// What was stripped and compiled once is read at the next start; where nothing can be written, it starts as before.
	nodeModule.enableCompileCache?.(fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)))
	const { ensureBuild } = await import('./ops/ensure-build.ts')
	await ensureBuild()
	await import('./main.ts')
} else {
	// Node 22.12 to 22.17 strips types only when asked to.
	const flags = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']
	const child = spawn(process.execPath, [...flags, ...process.argv.slice(1)], { stdio: 'inherit' })
	for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
	child.once('exit', (code) => process.exit(code ?? 1))
}
