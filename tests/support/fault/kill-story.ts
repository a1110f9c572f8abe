/**
 * A real server process that is killed by SIGKILL again and again while three headless clients write as fast as it takes
 * it: at once when a client has sent something, or when an answer has come. What was acked is looked for in its database
 * before it starts again.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { ConversationId, KithApi } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import { chanceOf, type Chance } from '../model/chance.ts'
import { storedEventIds } from '../model/mortal-data.ts'
import { serverAlone, startServerProcess, type ServerProcess } from '../server-process.ts'
import { testServerEnvironment } from '../server.ts'
import { testStretchings } from '../stretching.ts'
import { must, textOf, until } from '../watching.ts'
import { befriend, inviteFrom, openDirect, signUp, writableUntil, type Device } from '../world.ts'
import { ackTap, type AckTap } from './ack-tap.ts'
import { hastyTimers } from './hasty-timers.ts'

export interface KillCounts {
	readonly kills: number
	readonly killedWhileUploading: number
	readonly posts: number
	readonly acked: number
	/** From the kill to the first ack of the next server, ms, the longest. */
	readonly slowestReturn: number
}

export interface KillOutcome {
	readonly counts: KillCounts
	/** In words; empty where every promise was kept. */
	readonly broken: readonly string[]
}

/** Unsent posts that each client keeps under way. */
const underWay = 12

interface Writer {
	readonly name: string
	readonly api: KithApi
	readonly tap: AckTap
	/** In the order of writing. */
	readonly texts: string[]
}

type Moment = 'uploading' | 'acked'

/** Counts what all clients send and hear, and resolves when it is enough. */
class Trigger {
	#left = Infinity
	#what: Moment = 'acked'
	#fire: () => void = () => {}

	after(what: Moment, count: number): Promise<void> {
		this.#what = what
		this.#left = count
		return new Promise((resolve) => {
			this.#fire = resolve
		})
	}

	count(what: Moment, count: number): void {
		if (what !== this.#what) return
		this.#left -= count
		if (this.#left <= 0) this.#fire()
	}
}

export class KillStory {
	readonly #folder: string
	readonly #port: number
	readonly #trigger = new Trigger()
	readonly #timers = hastyTimers()
	readonly #writers: Writer[] = []
	readonly #broken: string[] = []
	#server: ServerProcess
	#conversation: ConversationId = ''
	#writing = true

	private constructor(folder: string, server: ServerProcess) {
		this.#folder = folder
		this.#server = server
		this.#port = server.port
	}

	static async open(): Promise<KillStory> {
		const folder = await mkdtemp(join(tmpdir(), 'kith-kill-'))
		// Its end in good order leaves the compiled code to all that come after it.
		const first = await startServer(folder, 0)
		await first.stop()
		const story = new KillStory(folder, await startServer(folder, first.port))
		await story.#people()
		return story
	}

	async #device(name: string): Promise<Device> {
		const tap = ackTap({
			uploading: (items) => this.#trigger.count('uploading', items),
			acked: (events) => this.#trigger.count('acked', events),
		})
		const api = await createNodeClient({
			serverUrl: `http://127.0.0.1:${this.#port}`,
			storage: { path: join(this.#folder, `${name}.sqlite`) },
			stretchings: testStretchings,
			timers: this.#timers,
			openSocket: tap.openSocket,
			failed: () => {},
		})
		this.#writers.push({ name, api, tap, texts: [] })
		return { name, api } as unknown as Device
	}

	async #people(): Promise<void> {
		const token = (await this.#server.setupLink()).split('#')[1] ?? ''
		const alice = await signUp(await this.#device('alice'), { type: 'setup', token })
		const bob = await signUp(await this.#device('bob'), await inviteFrom(alice))
		await befriend(alice, bob)
		this.#conversation = await openDirect(alice, bob)
		const second = await this.#device('alice-2')
		must(await second.api.signIn({ name: 'alice', password: alice.password }))
		await writableUntil(second, this.#conversation)
	}

	/** Keeps so many posts under way, until writing ends. */
	#write({ name, api, texts }: Writer): () => void {
		let asked = 0
		const post = async (text: string) => {
			const answer = await api.post({ conversation: this.#conversation, text })
			asked--
			if (!answer.ok) this.#broken.push(`"${text}" was not taken: ${JSON.stringify(answer.error)}`)
		}
		return api.watch('connection', null, ({ waiting }) => {
			while (this.#writing && waiting + asked < underWay) {
				const text = `${name} ${texts.length + 1}`
				texts.push(text)
				asked++
				void post(text)
			}
		})
	}

	async run(kills: number, seed: string): Promise<KillOutcome> {
		const chance = chanceOf(seed)
		const stops = this.#writers.map((writer) => this.#write(writer))
		let killedWhileUploading = 0
		let slowestReturn = 0
		for (let i = 0; i < kills; i++) {
			if ((await this.#killOnce(chance)) === 'uploading') killedWhileUploading++
			const killed = performance.now()
			await this.#comeBack()
			slowestReturn = Math.max(slowestReturn, Math.round(performance.now() - killed))
		}
		this.#writing = false
		await this.#compare()
		for (const stop of stops) stop()
		const posts = this.#writers.reduce((sum, { texts }) => sum + texts.length, 0)
		const acked = this.#writers.reduce((sum, { tap }) => sum + tap.acked.size, 0)
		return { counts: { kills, killedWhileUploading, posts, acked, slowestReturn }, broken: this.#broken }
	}

	/** On what it happened. */
	async #killOnce(chance: Chance): Promise<Moment> {
		const what = chance.pick(['uploading', 'acked'] as const)
		await this.#trigger.after(what, 1 + chance.below(40))
		await this.#server.kill()
		const stored = new Set(await this.#stored())
		for (const { name, tap } of this.#writers) {
			for (const event of tap.acked) {
				if (!stored.has(event)) this.#broken.push(`${event} of ${name} was acked and is gone`)
			}
		}
		return what
	}

	async #comeBack(): Promise<void> {
		const back = this.#trigger.after('acked', 1)
		this.#server = await startServer(this.#folder, this.#port)
		this.#timers.hurry()
		await back
	}

	/** A copy is read: opening the file would already mend it. */
	async #stored(): Promise<readonly string[]> {
		const copy = join(this.#folder, 'look')
		// Whoever was killed left its socket as well, which cannot be copied.
		const filter = (path: string) => !path.endsWith('.sock')
		await cp(join(this.#folder, 'server'), copy, { recursive: true, filter })
		const stored = storedEventIds(join(copy, 'kith.sqlite'))
		await rm(copy, { recursive: true })
		return stored
	}

	async #compare(): Promise<void> {
		const written = this.#writers.reduce((sum, { texts }) => sum + texts.length, 0)
		for (const { api } of this.#writers) {
			await until(api, { view: 'connection', of: null, is: ({ type, waiting }) => type === 'online' && waiting === 0 })
		}
		const lists = new Set<string>()
		for (const { name, api } of this.#writers) {
			const list = await wholeList(api, this.#conversation, written)
			lists.add(JSON.stringify(list.map(({ event }) => event)))
			this.#check(name, list.map(textOf))
		}
		if (lists.size > 1) this.#broken.push('the clients show different lists')
		const { length } = await this.#stored()
		if (length !== written) this.#broken.push(`the server holds ${length} rows for ${written} messages`)
	}

	#check(device: string, shown: readonly string[]): void {
		if (new Set(shown).size < shown.length) this.#broken.push(`${device} shows a message twice`)
		for (const { name, texts } of this.#writers) {
			const own = shown.filter((text) => text.startsWith(`${name} `))
			if (JSON.stringify(own) === JSON.stringify(texts)) continue
			this.#broken.push(`${device} shows ${own.length} of the ${texts.length} of ${name}, or in another order`)
		}
	}

	async close(): Promise<void> {
		for (const { api } of this.#writers) await api.close()
		await this.#server.kill()
		await rm(this.#folder, { recursive: true, force: true })
	}
}

async function wholeList(api: KithApi, conversation: ConversationId, count: number) {
	for (;;) {
		const view = await until(api, {
			view: 'conversation',
			of: conversation,
			is: (value) => value !== null && (value.more || value.messages.length >= count),
		})
		if (view === null || !view.more) return view?.messages ?? []
		must(await api.loadEarlier({ conversation, count: 500 }))
	}
}

function startServer(folder: string, port: number): Promise<ServerProcess> {
	return startServerProcess({
		data: join(folder, 'server'),
		port,
		env: {
			...testServerEnvironment,
			KITH_EVENTS_PER_SECOND: '10000',
			NODE_COMPILE_CACHE: join(folder, 'compiled'),
		},
		command: [process.execPath, ...serverAlone],
	})
}
