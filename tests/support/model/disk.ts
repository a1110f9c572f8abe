/**
 * The disk of one device, under every run of its client. A crash can be set for the n-th write from now, before its commit
 * (nothing of it is there) or after (all of it, and the client never learns): from then on nothing that the dead client
 * does reaches the disk, and it never hears of it.
 */
import type { StoreName } from '#store/schema.ts'
import type { Storage, Transaction } from '#store/storage.ts'
import { openNodeStorage } from '#platform/node/node-storage.ts'

export type CrashMoment = 'before-commit' | 'after-commit'

/** What a broken disk does. */
export interface DiskFaults {
	/** Rows of `streams` are not kept. */
	readonly forgetsStreams?: boolean
	/** The newest outbox rows had not been written when the client died. */
	readonly losesOutbox?: boolean
}

/** Which writes count. */
export type CrashAt = 'any-write' | 'placing'

interface Crash {
	/** Writes until then. */
	in: number
	readonly at: CrashAt
	readonly moment: CrashMoment
	readonly then: () => void
}

const never = <T>() => new Promise<T>(() => {})

export class Disk {
	readonly #path: string
	readonly #faults: DiskFaults
	readonly #wrote: () => void
	#real: Storage | null = null
	#crash: Crash | null = null
	/** Kills the run that has the disk now. */
	#end: (() => void) | null = null
	/** Keys that the run put into the outbox, newest last. */
	#outboxKeys: string[] = []

	constructor(path: string, { faults, wrote }: { readonly faults: DiskFaults; readonly wrote: () => void }) {
		this.#path = path
		this.#faults = faults
		this.#wrote = wrote
	}

	get path(): string {
		return this.#path
	}

	/** `then` is called at the moment of the crash, before anything else happens. */
	crashSoon(crash: {
		readonly in: number
		readonly at: CrashAt
		readonly moment: CrashMoment
		readonly then: () => void
	}): void {
		this.#crash = { ...crash }
	}

	/** What was set for later. */
	forgive(): void {
		this.#crash = null
	}

	/** Nothing of what is under way is kept. Resolves when the file is closed. */
	async crash(): Promise<void> {
		this.#crash = null
		this.#end?.()
		this.#end = null
		await this.#close()
	}

	/** After the end of the run that had it. */
	async #close(): Promise<void> {
		const real = this.#real
		this.#real = null
		if (real === null) return
		if (this.#faults.losesOutbox === true) await loseRows(real, this.#outboxKeys.slice(-3))
		await real.close()
	}

	/** For the next run. */
	async open(): Promise<Storage> {
		if (this.#real !== null) throw new Error('the disk is in use')
		const real = await openNodeStorage({ path: this.#path, access: 'lead' })
		this.#real = real
		this.#outboxKeys = []
		const life = { dead: false }
		this.#end = () => {
			life.dead = true
		}
		return {
			generation: real.generation,
			transaction: (mode, stores, run) => (life.dead ? never() : this.#transaction(real, life, { mode, stores, run })),
			close: async () => {
				if (life.dead) return
				this.#real = null
				this.#end = null
				this.#crash = null
				await real.close()
			},
			destroy: () => real.destroy(),
		}
	}

	async #transaction<T>(
		real: Storage,
		life: { dead: boolean },
		{
			mode,
			stores,
			run,
		}: {
			mode: Parameters<Storage['transaction']>[0]
			stores: readonly StoreName[]
			run: (tx: Transaction) => Promise<T>
		},
	): Promise<T> {
		const crash = mode === 'read' ? null : this.#nextWrite(stores)
		const put: string[] = []
		try {
			const value = await real.transaction(mode, stores, async (tx) => {
				const result = await run(this.#guarded(tx, life, put))
				if (crash?.moment === 'before-commit') this.#die(life, crash)
				if (life.dead) throw new Error('the client died within a transaction')
				return result
			})
			this.#outboxKeys.push(...put)
			if (crash?.moment === 'after-commit') this.#die(life, crash)
			return life.dead ? await never<T>() : value
		} catch (error) {
			if (life.dead) return never()
			throw error
		}
	}

	#nextWrite(stores: readonly StoreName[]): Crash | null {
		this.#wrote()
		const crash = this.#crash
		if (crash === null || (crash.at === 'placing' && !stores.includes('streams')) || --crash.in > 0) return null
		this.#crash = null
		return crash
	}

	#die(life: { dead: boolean }, { then }: Crash): void {
		if (life.dead) return
		life.dead = true
		then()
	}

	#guarded(tx: Transaction, life: { readonly dead: boolean }, put: string[]): Transaction {
		const forgets = this.#faults.forgetsStreams === true
		return new Proxy(tx, {
			get:
				(target, name: keyof Transaction) =>
				async (store: StoreName, key: string, ...rest: unknown[]) => {
					if (life.dead) throw new Error('the client is dead')
					if (name === 'put' && store === 'outbox') put.push(key)
					if (name === 'put' && store === 'streams' && forgets) return
					return (target[name] as (...args: unknown[]) => unknown)(store, key, ...rest)
				},
		})
	}
}

async function loseRows(real: Storage, keys: readonly string[]): Promise<void> {
	await real.transaction('write', ['outbox'], async (tx) => {
		for (const key of keys) await tx.delete('outbox', key)
	})
}
