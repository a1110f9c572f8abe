/**
 * Values that all devices of the account share and that can be changed with no network: each is kept on this device and stands
 * in an account entry. What came of both is their merge; a device that knows more than the entry says writes it again, so that
 * two devices that change one value at once, or a store that lost some, end at the same value.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { equalBytes } from '#protocol/bytes.ts'
import { decode, encode, type Codec } from '#protocol/codec.ts'
import type { Timers } from '#protocol/ports.ts'
import { under } from '#store/keys.ts'
import type { Connection } from '#sync/connection.ts'
import type { AccountEntries } from './account-entries.ts'
import { createQueue } from './queue.ts'
import type { Records } from './records.ts'

export interface SharedValues<T> {
	/** What the store has, and what the entries say of it. */
	readonly restore: () => Promise<void>
	/** Null where nobody ever set it. */
	readonly of: (name: string) => T | null
	/** Durable here before it resolves; at the server as soon as it can be. */
	readonly set: (name: string, value: T) => Promise<void>
	readonly close: () => void
}

export interface SharedValuesOptions<T> {
	/** Of the entries and of the rows: `<prefix>/<name>`. */
	readonly prefix: string
	readonly codec: Codec<T>
	/** Commutative, associative, idempotent. */
	readonly merge: (one: T, other: T) => T
	/** One of them is another now. */
	readonly changed: () => void
	/** At least so long between two that go to the server under one name, ms; left out: each goes at once. */
	readonly paceMs?: number
}

export interface SharedValuesDeps {
	readonly records: Records
	readonly entries: AccountEntries
	readonly connection: Pick<Connection, 'state' | 'listen'>
	readonly timers: Timers
	readonly failed: (where: string, error: unknown) => void
}

/** After what did not reach the server over a connection that seemed to be there, ms. */
const againMs = 5_000

export function createSharedValues<T>(
	{ records, entries, connection, timers, failed }: SharedValuesDeps,
	{ prefix, codec, merge, changed, paceMs = 0 }: SharedValuesOptions<T>,
): SharedValues<T> {
	const local = new Map<string, T>()
	let cancelAgain = () => {}
	let closed = false
	const queue = createQueue()
	const entryName = (name: string) => `${prefix}/${name}`
	const at = (name: string) => ({ store: 'settings', key: entryName(name) }) as const
	const isSame = (one: T | null, other: T) => one !== null && equalBytes(encode(codec, one), encode(codec, other))

	function shared(name: string): T | null {
		const bytes: Bytes | null = entries.value(entryName(name))
		const value = bytes === null ? null : decode(codec, bytes)
		return value?.ok === true ? value.value : null
	}

	function of(name: string): T | null {
		const [here, there] = [local.get(name) ?? null, shared(name)]
		return here === null || there === null ? (here ?? there) : merge(here, there)
	}

	async function keep(name: string, value: T): Promise<void> {
		if (isSame(local.get(name) ?? null, value)) return
		await records.put(codec, at(name), value)
		local.set(name, value)
	}

	/** What the entry does not say yet, while somebody hears it. What did not arrive is no loss: it is said again, soon and with every connection. */
	async function share(name: string): Promise<void> {
		const value = of(name)
		if (value === null || connection.state().type !== 'online' || isSame(shared(name), value)) return
		await keep(name, value)
		const put = await entries.put(entryName(name), encode(codec, value))
		if (!put.ok && put.error.type === 'offline') sayAgain()
	}

	const sayAgain = () => {
		cancelAgain()
		cancelAgain = timers.after(againMs, shareAll)
	}

	const shareNow = (name: string) =>
		void queue.run(name, () => share(name)).catch((error: unknown) => failed('shared values', error))

	/** Names that were shared a moment ago; true: something was set since. */
	const cooling = new Map<string, boolean>()

	function shareSoon(name: string): void {
		if (cooling.has(name)) return void cooling.set(name, true)
		shareNow(name)
		if (paceMs === 0) return
		cooling.set(name, false)
		timers.after(paceMs, () => {
			const again = cooling.get(name) === true
			cooling.delete(name)
			if (again && !closed) shareSoon(name)
		})
	}

	const shareAll = () => {
		for (const name of local.keys()) shareNow(name)
	}

	const stop = [
		entries.onChange(() => {
			changed()
			shareAll()
		}),
		connection.listen({
			// After the entries of others were asked for, so that what we know is merged into the newest.
			hub: ({ t }) => (t === 'welcome' ? void entries.refresh().then(shareAll, () => undefined) : undefined),
		}),
	]

	return {
		restore: async () => {
			const { length } = `${prefix}/`
			for (const { key, value } of await records.all(codec, 'settings', under(prefix)))
				local.set(key.slice(length), value)
		},
		of,
		set: (name, value) =>
			queue.run(name, async () => {
				const before = of(name)
				await keep(name, before === null ? value : merge(before, value))
				changed()
				shareSoon(name)
			}),
		close: () => {
			closed = true
			cancelAgain()
			stop.forEach((end) => end())
		},
	}
}
