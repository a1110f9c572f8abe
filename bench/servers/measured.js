/**
 * Loaded before any measured server (`--expose-gc --import`), and deaf until the bench asks over the channel:
 * `collect` → garbage is collected, and what is left is said; `profile` → a CPU profile begins; `{ profile: path }` → it ends there.
 */
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

async function collect() {
	for (let i = 0; i < 4; i++) {
		// What V8 keeps of emptied pages, tens of MiB that differ from run to run, belongs to no device.
		globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
		await new Promise((resolve) => setTimeout(resolve, 100))
	}
	const { heapUsed, external } = process.memoryUsage()
	process.send?.({ heapUsed, external })
}

const session = new Session()

async function startProfile() {
	session.connect()
	await session.post('Profiler.enable')
	await session.post('Profiler.setSamplingInterval', { interval: 500 })
	await session.post('Profiler.start')
	process.send?.({})
}

/** @param {string} path */
async function stopProfile(path) {
	const { profile } = await session.post('Profiler.stop')
	writeFileSync(path, JSON.stringify(profile))
	process.send?.({})
}

process.on('message', (/** @type {'collect' | 'profile' | { profile: string }} */ message) => {
	if (message === 'collect') void collect()
	else if (message === 'profile') void startProfile()
	else if (typeof message.profile === 'string') void stopProfile(message.profile)
})
// The channel to the bench keeps no server alive.
process.channel?.unref()
