/** CPU profiles by the inspector: of this process, and of a server that was started with `--inspect=0`. */
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

/** Ends the profile and writes it to this file. */
type End = (path: string) => Promise<void>

const interval = { interval: 500 }

export async function profileThis(): Promise<End> {
	const session = new Session()
	session.connect()
	await session.post('Profiler.enable')
	await session.post('Profiler.setSamplingInterval', interval)
	await session.post('Profiler.start')
	return async (path) => {
		const { profile } = await session.post('Profiler.stop')
		writeFileSync(path, JSON.stringify(profile))
		session.disconnect()
	}
}

/** `log`: what the process wrote to standard error, where Node says the address of its inspector. */
export async function profileOther(log: string): Promise<End> {
	const address = /ws:\/\/127\.0\.0\.1:\d+\/\S+/.exec(log)?.[0]
	if (address === undefined) throw new Error('the process has no inspector')
	const socket = new WebSocket(address)
	await new Promise((opened) => socket.addEventListener('open', opened, { once: true }))
	const waiting = new Map<number, (result: unknown) => void>()
	socket.addEventListener('message', ({ data }) => {
		const { id, result } = JSON.parse(String(data)) as { id: number; result: unknown }
		waiting.get(id)?.(result)
	})
	let id = 0
	const post = (method: string, params = {}): Promise<unknown> => {
		socket.send(JSON.stringify({ id: ++id, method, params }))
		return new Promise((answered) => waiting.set(id, answered))
	}
	await post('Profiler.enable')
	await post('Profiler.setSamplingInterval', interval)
	await post('Profiler.start')
	return async (path) => {
		const { profile } = (await post('Profiler.stop')) as { profile: unknown }
		writeFileSync(path, JSON.stringify(profile))
		socket.close()
	}
}
