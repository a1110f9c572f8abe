/** The operator's command line, as `npx kith` runs it: a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import process from 'node:process'

export interface CommandEnd {
	readonly code: number | null
	readonly out: string
	readonly err: string
	/** What `--json` printed. */
	readonly document: () => Record<string, unknown>
}

export interface CommandOptions {
	readonly data: string
	readonly env?: Readonly<Record<string, string>>
	readonly cwd?: string
	readonly input?: string
}

const program = resolve(import.meta.dirname, '../../server/kith.js')

export async function runKith(args: readonly string[], options: CommandOptions): Promise<CommandEnd> {
	const { data, env = {}, cwd = process.cwd(), input = '' } = options
	const test = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', KITH_OPAQUE_STRETCHING: 'cheap' }
	const child = spawn(process.execPath, [program, ...args], { cwd, env: { ...test, KITH_DATA: data, ...env } })
	let [out, err] = ['', '']
	child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
	child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
	child.stdin.end(input)
	const [code] = (await once(child, 'close')) as [number | null]
	return { code, out, err, document: () => JSON.parse(out) as Record<string, unknown> }
}
