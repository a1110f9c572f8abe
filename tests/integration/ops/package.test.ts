/**
 * The package as somebody gets it who has nothing else: packed, installed by npm into an empty folder (from npm's registry or its
 * cache), and both examples run against a real server, with a listener on their wire.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { filesIn, findLeaks, type Place } from '#tests/support/leak-search.ts'
import { peopled, world } from '#tests/support/story.ts'
import { startTcpProxy } from '#tests/support/tcp-proxy.ts'
import { must, textsUntil, until } from '#tests/support/watching.ts'
import { capturedPlaces } from '#tests/support/wire-capture.ts'
import { befriend, writableUntil, type Person } from '#tests/support/world.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 400_000 })

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')
/** This Node before the machine's own. */
const env = {
	...process.env,
	PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
	NODE_ENV: 'production',
}

let folder: string
let home: string
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kith-package-'))
	home = join(folder, 'bots')
	await mkdir(home)
	await run(process.execPath, ['deploy/package/build.ts'], { cwd: root, env })
	const packed = await run('npm', ['pack', './dist', '--json', '--pack-destination', folder], { cwd: root, env })
	const [{ filename } = { filename: '' }] = JSON.parse(packed.stdout) as { filename: string }[]
	const options = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
	await run('npm', ['install', ...options, join(folder, filename)], { cwd: home, env })
	await cp(join(home, 'node_modules/kith/examples'), home, { recursive: true })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Program {
	readonly child: ChildProcess
	/** Resolves with the text that fits, once it was printed. */
	says(pattern: RegExp): Promise<RegExpExecArray>
}

function start(file: string, variables: Readonly<Record<string, string>>): Program {
	const child = spawn(process.execPath, [file], { cwd: home, env: { ...env, ...variables } })
	onTestFinished(() => void child.kill('SIGKILL'))
	let said = ''
	const add = (text: string) => (said += text)
	child.stdout.setEncoding('utf8').on('data', add)
	child.stderr.setEncoding('utf8').on('data', add)
	return {
		child,
		says: (pattern) =>
			new Promise((found, failed) => {
				const look = () => {
					const match = pattern.exec(said)
					if (match !== null) found(match)
				}
				child.stdout.on('data', look)
				child.once('exit', (code) => failed(new Error(`ended with ${code}: ${said}`)))
				look()
			}),
	}
}

/** Takes the bot as a friend and into a group. */
async function takeIn(owner: Person, name: string, others: readonly Person[]): Promise<ConversationId> {
	const isBot = (state: string) =>
		until(owner.api, {
			view: 'friends',
			of: null,
			is: (all) => all.some((one) => one.name === name && one.state === state),
		})
	const asking = (await isBot('incoming')).find((one) => one.name === name)
	const account = asking?.account ?? ''
	must(await owner.api.acceptFriend({ account }))
	await isBot('accepted')
	const members = [account, ...others.map((one) => one.account)].map((one) => ({
		account: one,
		role: 'member' as const,
	}))
	const about = {
		kind: 'group',
		name: `With ${name}`,
		topic: '',
		history: 'shared',
		invite: 'admins',
		knock: 'no',
	} as const
	const { conversation } = must(await owner.api.createGroup({ ...about, members }))
	await writableUntil(owner, conversation)
	return conversation
}

test('[S2] `npx kith --help` runs where nothing but the package is', async () => {
	const { stdout } = await run('npx', ['--no-install', 'kith', '--help'], { cwd: home, env })
	for (const command of ['doctor', 'backup', 'restore', 'user']) expect(stdout).toContain(command)
})

test('[S2] it says its types, and needs none of the web app’s tools', async () => {
	await writeFile(join(home, 'package.json'), '{ "type": "module" }')
	await writeFile(
		join(home, 'bot.ts'),
		[
			"import { createBot, type KithApi } from 'kith'",
			"const bot: KithApi = await createBot({ serverUrl: 'https://kith.example', path: 'x' })",
			"const posted = await bot.post({ conversation: 'x', text: 'y' })",
			'if (posted.ok) console.log(posted.value.key)',
			'// @ts-expect-error there is no such command',
			'bot.nothing()',
		].join('\n'),
	)
	const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck']
	await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...flags, 'bot.ts'], { cwd: home, env })
	const manifest = JSON.parse(await readFile(join(home, 'node_modules/kith/package.json'), 'utf8')) as {
		dependencies: Record<string, string>
	}
	expect(Object.keys(manifest.dependencies).filter((one) => /svelte|vite$|tailwind|swagger/.test(one))).toEqual([])
})

test('[S2] the echo bot answers in a group, and goes on where it was after a restart', async () => {
	const here = await world({ env: { KITH_OPAQUE_STRETCHING: 'standard' } })
	const { alice, bob } = await peopled(here, ['alice', 'bob'])
	await befriend(alice, bob)
	const { token } = must(await alice.api.createBot({ name: 'echo', scopes: ['read', 'write'] }))
	const at = { KITH_SERVER: `http://localhost:${here.server.port}` }
	const first = start('echo.js', { ...at, KITH_TOKEN: token })
	await first.says(/listens/)
	const group = await takeIn(alice, 'echo', [bob])
	await writableUntil(bob, group)
	must(await bob.api.post({ conversation: group, text: 'Is anybody there?' }))
	await textsUntil(alice.api, group, ['Is anybody there?', 'Is anybody there?'])
	first.child.kill('SIGTERM')
	await new Promise((done) => first.child.once('exit', done))
	await start('echo.js', at).says(/listens/)
	must(await bob.api.post({ conversation: group, text: 'Still?' }))
	await textsUntil(alice.api, group, ['Is anybody there?', 'Is anybody there?', 'Still?', 'Still?'])
})

test('[S2] the webhook posts what it is sent, for who has its secret; neither the server nor its wire sees a word', async () => {
	const here = await world({ env: { KITH_OPAQUE_STRETCHING: 'standard' } })
	const { alice, bob } = await peopled(here, ['alice', 'bob'])
	await befriend(alice, bob)
	const wire = await startTcpProxy({ port: here.server.port })
	onTestFinished(() => wire.close())
	const { token } = must(await alice.api.createBot({ name: 'hook', scopes: ['read', 'write'] }))
	const hook = start('webhook.js', {
		...{ KITH_SERVER: `http://localhost:${wire.port}`, KITH_TOKEN: token, KITH_ROOM: 'With hook' },
		...{ WEBHOOK_SECRET: 'a secret of the hook', WEBHOOK_PORT: '0' },
	})
	const [, address = ''] = await hook.says(/listens on (\S+)/)
	const send = async (body: string, secret: string, method = 'POST') =>
		(
			await fetch(address, {
				method,
				headers: { authorization: `Bearer ${secret}` },
				...(method === 'POST' ? { body } : {}),
			})
		).status
	const text = 'The build of Tuesday is green'
	expect(await send(text, 'a secret of the hook')).toBe(503)
	const group = await takeIn(alice, 'hook', [bob])
	await expect.poll(() => send(text, 'a secret of the hook'), { timeout: 60_000 }).toBe(202)
	await textsUntil(bob.api, group, [text])
	expect(await send('x', 'another')).toBe(401)
	expect(await send('x', 'a secret of the hook', 'GET')).toBe(405)
	expect(await send('x'.repeat(20_000), 'a secret of the hook')).toBe(413)
	await textsUntil(bob.api, group, [text])

	const secrets = [{ name: 'the text', value: text }]
	const frames = capturedPlaces([...wire.connections, ...bob.wire.connections])
	expect(frames.length).toBeGreaterThan(10)
	const stored = [...(await here.server.kept()), { name: 'log', bytes: Buffer.from(JSON.stringify(here.server.lines)) }]
	expect(findLeaks(secrets, [...frames, ...stored])).toEqual([])
	expect(findLeaks(secrets, await filesIn(home, (path) => path.startsWith('node_modules')))).toEqual([])
	const canary: Place = { name: 'a canary', bytes: Buffer.from(`… ${text} …`) }
	expect(findLeaks(secrets, [...frames, canary]).map(({ place }) => place)).toEqual(['a canary'])
})
