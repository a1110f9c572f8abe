/** The server, as `npm start` runs it: configuration, instance, web app, one port, and a graceful end. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { prepareAdapterEnvironment, readProcessConfig, type Config } from './config.ts'
import { createInstance, instanceSymbol, type RunningInstance } from './create-instance.ts'
import { protocolHeader, type WebHandler } from './http/request-listener.ts'
import { createLog } from './ops/log.ts'
import { serve, type Serving } from './serve.ts'

const handlerPath = join(resolve(import.meta.dirname, '..'), 'build/handler.js')

async function main(): Promise<void> {
	const config = readProcessConfig()
	if (!config.ok) return fail(config.error.sentence)
	const log = createLog(config.value.log)
	const instance = await createInstance({ config: config.value, log })
	await mountWebApp(instance, config.value)
	const serving = await serve(instance, config.value)
	await announce(instance, serving, config.value)
	stopOnSignal(serving)
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
function stopOnSignal(serving: Serving): void {
	let asked = false
	const stop = () => {
		if (asked) process.exit(1)
		asked = true
		const patience = setTimeout(() => serving.cut(), 5000)
		serving.stop().then(
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
