/** The server, as `npm start` runs it: configuration, instance, web app, one port, and a graceful end. */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { prepareAdapterEnvironment, readProcessConfig, type Config } from './config.ts'
import { createInstance, instanceSymbol, systemTimers, type RunningInstance } from './create-instance.ts'
import type { Log } from './domain/log.ts'
import { protocolHeader, type WebHandler } from './http/request-listener.ts'
import type { ActContext } from './ops/control/acts.ts'
import { openControl, type Control } from './ops/control/control-socket.ts'
import { lockFolder, type FolderLock } from './ops/control/folder-lock.ts'
import { createLog } from './ops/log.ts'
import { busyShare, collectAndReturn, giveBackSpareMemory, memoryOfProcess } from './ops/spare-memory.ts'
import { serve, type Serving } from './serve.ts'

const handlerPath = join(resolve(import.meta.dirname, '..'), 'build/handler.js')

async function main(): Promise<void> {
	const config = readProcessConfig()
	if (!config.ok) return fail(config.error.sentence)
	const log = createLog(config.value.log)
	// Several nodes share the folder, and none of them has it to itself.
	const lock = config.value.redis === null ? await holdFolder(config.value) : null
	const instance = await createInstance({ config: config.value, log })
	await mountWebApp(instance, config.value)
	const serving = await serve(instance, config.value)
	const reached = { domain: instance.domain, origin: serving.origin }
	const control = lock === null ? null : await openControlIn(config.value, reached, log)
	await announce(instance, serving, config.value)
	const ofProcess = { memory: memoryOfProcess, busy: busyShare(), collect: collectAndReturn }
	const stopGivingBack = giveBackSpareMemory({ timers: systemTimers, log, ...ofProcess })
	stopOnSignal(async () => {
		stopGivingBack()
		await Promise.all([control?.close(), serving.stop()])
		lock?.release()
	}, serving.cut)
}

/** Two servers on one folder would each believe what they remember. */
async function holdFolder({ data }: Config): Promise<FolderLock> {
	await mkdir(data, { recursive: true, mode: 0o700 })
	const lock = lockFolder(data)
	if (lock === null)
		throw new Error(
			`Another Kith, or a command of it, works on ${data}: wait for it, stop it, or set another KITH_DATA.`,
		)
	return lock
}

/** A path that is too long for a socket, or a disk that knows none, stops no server. */
async function openControlIn({ data }: Config, context: ActContext, log: Log): Promise<Control | null> {
	try {
		return await openControl(data, context)
	} catch (error) {
		log.warn('control-not-open', { error })
		return null
	}
}

/** Without a build (a server for bots alone) the API is served and nothing else. */
async function mountWebApp(instance: RunningInstance, config: Config): Promise<void> {
	;(globalThis as Record<symbol, unknown>)[instanceSymbol] = instance
	if (!existsSync(handlerPath)) return
	prepareAdapterEnvironment(config, protocolHeader)
	const { handler } = (await import(pathToFileURL(handlerPath).href)) as { handler: WebHandler }
	instance.mountWeb(handler)
}

async function announce({ domain }: RunningInstance, { origin }: Serving, { data }: Config): Promise<void> {
	console.log(`Kith runs at ${origin}`)
	console.log(`Data folder: ${data}`)
	const token = await domain.accounts.drawSetupToken()
	if (token !== null) console.log(`Set up the first account here, once: ${origin}/setup#${token}`)
}

/** The first signal asks, the second insists. */
function stopOnSignal(end: () => Promise<void>, cut: () => void): void {
	let asked = false
	const stop = () => {
		if (asked) process.exit(1)
		asked = true
		const patience = setTimeout(cut, 5000)
		end().then(
			() => {
				clearTimeout(patience)
				process.exit(0)
			},
			(error: unknown) => fail(error instanceof Error ? error.message : 'The server could not stop.'),
		)
	}
	process.on('SIGTERM', stop)
	process.on('SIGINT', stop)
}

function fail(sentence: string): void {
	process.stderr.write(`${sentence}\n`)
	process.exit(1)
}

main().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)))
