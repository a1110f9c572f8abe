/**
 * What stands in front of the core. Where an account is kept, the core starts at once. Where none is, the door says so by
 * itself, and how this server takes people in: a page to sign in at needs no more, and the core is ten times its size. The
 * first command, or the first view of anything else, opens it; what was watched is taken up there.
 */
import type { ServerDoor, SessionView } from '#core/api.ts'
import { createRelay } from './relay.ts'
import type { RpcTarget } from './rpc.ts'

export interface DoorDeps {
	/** Rejects where nothing can be kept: then the core is started, to say what is wrong. */
	readonly isInhabited: () => Promise<boolean>
	readonly startCore: () => Promise<OpenedCore>
	/** Null where no answer came. */
	readonly askServer: () => Promise<ServerDoor | null>
	readonly failed: (where: string, error: unknown) => void
}

export interface OpenedCore {
	readonly target: RpcTarget
	readonly close: () => Promise<void>
}

/** Rejects with what the core failed with, where it had to start. */
export async function openDoor({ isInhabited, startCore, askServer, failed }: DoorDeps): Promise<OpenedCore> {
	const relay = createRelay()
	const waiting = new Set<(view: SessionView) => void>()
	let opening: Promise<OpenedCore> | null = null
	let session: SessionView = { type: 'signed-out', instance: null, why: null }

	function enter(): Promise<OpenedCore> {
		opening ??= startCore().then(
			(core) => {
				waiting.clear()
				relay.useLocal(core.target)
				return core
			},
			(error: unknown) => {
				// What failed for want of a network may be asked for again.
				opening = null
				throw error
			},
		)
		return opening
	}

	function say(instance: ServerDoor | null): void {
		if (instance === null) return
		session = { type: 'signed-out', instance, why: null }
		for (const listener of waiting) listener(session)
	}

	/** A core that has just started asks the server itself; until it has an answer, ours holds. */
	function withServer(view: SessionView): SessionView {
		if (view.type !== 'signed-out' || view.instance !== null || session.type !== 'signed-out') return view
		return { ...view, instance: session.instance }
	}

	function watchSession(listener: (view: SessionView) => void): () => void {
		waiting.add(listener)
		queueMicrotask(() => {
			if (waiting.has(listener)) listener(session)
		})
		return () => waiting.delete(listener)
	}

	if (await isInhabited().catch(() => true)) await enter()
	else void askServer().then(say, () => undefined)

	return {
		target: {
			call: async (method, input) => {
				await enter()
				return relay.call(method, input)
			},
			watch: (view, of, listener) => {
				const told = view === 'session' ? (value: unknown) => listener(withServer(value as SessionView)) : listener
				const stop = relay.watch(view, of, told)
				const stopWaiting = opening === null && view === 'session' ? watchSession(listener) : () => undefined
				// Nobody is here, so nothing connects: whoever watches that, waits for the core too.
				if (view !== 'session' && view !== 'connection') enter().catch((error: unknown) => failed('door', error))
				return () => {
					stopWaiting()
					stop()
				}
			},
		},
		close: async () => {
			relay.useNobody()
			await opening?.then(({ close }) => close())
		},
	}
}

const ways: readonly unknown[] = ['setup', 'invite', 'open'] satisfies ServerDoor['signUp'][]

/** Asks the server without the client of its API, which the core brings. */
export async function askServer(): Promise<ServerDoor | null> {
	const answer = await fetch('/api/v1/instance')
	const { name, version, signUp, mail, guests } = (await answer.json()) as Partial<ServerDoor>
	if (typeof name !== 'string' || typeof version !== 'string' || !ways.includes(signUp)) return null
	const says = { mail: mail === true, guests: guests === true }
	return { name, version, signUp: signUp as ServerDoor['signUp'], ...says }
}
