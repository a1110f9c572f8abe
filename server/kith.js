#!/usr/bin/env node
/**
 * `npx kith …`: the operator's command line. Looks at the Node it runs on, as start.js does, and hands over.
 * Plain JavaScript, because an old Node must still be able to read the sentence below.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import './ops/known-modules.js'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 12)) {
	process.stderr.write(
		`Kith needs Node 22.12 or newer and found ${process.versions.node}: call it with "npx kith" after "npm ci".\n`,
	)
	process.exit(1)
}

if (!existsSync(new URL('./ops/cli/main.ts', import.meta.url))) {
	// Installed as a package, which holds what was compiled.
	await import(new URL('./ops/cli/main.js', import.meta.url).href)
} else if (process.features.typescript) {
	// What was stripped and compiled once is read at the next call.
	nodeModule.enableCompileCache?.(fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)))
	await import('./ops/cli/main.ts')
} else {
	// Node 22.12 to 22.17 strips types only when asked to.
	const flags = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']
	const child = spawn(process.execPath, [...flags, ...process.argv.slice(1)], { stdio: 'inherit' })
	child.once('exit', (code) => process.exit(code ?? 1))
}
