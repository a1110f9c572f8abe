/**
 * One file on its way down: chunks from devices that have them first, from the server second, onto the shelf as ciphertext. Nothing
 * of it is given out before all of it is here and its hash is that which stands in the message (SPEC BLB3).
 *
 *   devices   what any of them has, the rarest first, a few at a time of each
 *   server    what none has or fetches; of what several fetch at once each its own share; and where devices are slow, all
 *
 * A chunk that does not open bars who gave it. Whoever has the key can seal another that opens: where the hash of the whole is another
 * than in the message, it comes once more from one place alone, and who said that it was all here and gave something else is barred.
 */
import type { Crypto } from '#crypto/suite.ts'
import { concatBytes, type Bytes } from '#protocol/bytes.ts'
import { wireErrors } from '#protocol/errors.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import type { Timers } from '#protocol/ports.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { ConversationId, DeviceId, KithError } from './api.ts'
import type { BlobIntake } from './blob-intake.ts'
import { blobName } from './blob-rows.ts'
import { fetchPiece } from './blob-wire.ts'
import type { BlobSources, ChunkSource } from './chunk-sources.ts'
import { pickForPeer, pickForServer, type Under } from './chunk-picks.ts'
import { toKithError } from './http-errors.ts'
import type { Self } from './identity.ts'

export interface BlobFetchParts {
	readonly http: HttpClient
	readonly timers: Timers
	/** ms */
	readonly now: () => number
	readonly crypto: Pick<Crypto, 'random'>
	readonly self: Pick<Self, 'device'>
	readonly sources: (changed: () => void) => BlobSources
	readonly intake: BlobIntake
	/** Is it wanted no more? */
	readonly isStopped: () => boolean
	/** More of it is here. */
	readonly moved: () => void
}

export const fetchTimes = {
	/** Devices are given so long to say what they have, ms. */
	settleMs: 400,
	/** Of devices: no chunk for so long, or one under way for longer, and the server is asked too, ms. */
	patienceMs: 2_500,
	/** After the server did not answer, ms. */
	serverAgainMs: 3_000,
	/** With another file a device is waited for so long, where no server has it, ms. */
	busyMs: 30_000,
	/** Looked at again without news, ms. */
	lookMs: 250,
} as const

interface From {
	readonly server: boolean
	readonly isSource: (source: ChunkSource) => boolean
}

const damaged: KithError = { type: 'damaged-file' }

export interface BlobFetch {
	/** `damaged-file`: what lies there is not what its author sealed. */
	readonly run: () => Promise<Result<null, KithError>>
}

export function createBlobFetch(
	{ conversation, attachment }: { readonly conversation: ConversationId; readonly attachment: Attachment },
	parts: BlobFetchParts,
): BlobFetch {
	const { http, timers, now, intake } = parts
	const place = { conversation, blob: blobName(attachment) }
	/** Chunks that devices were asked for, and when. */
	const asked = new Map<number, number>()
	/** Devices that did not give what they said they had. */
	const aside = new Set<DeviceId>()
	/** Who gave what lies there, where that was no server. */
	const givers = new Map<number, Giver>()
	/** … said that it was all there, and gave something else than lies there now. */
	const blamed = new Set<ChunkSource>()
	const begunAt = now()
	let peersAt = begunAt
	let round = 0
	let isServerBusy = false
	let server: { readonly trouble: KithError; readonly again: number } | null = null
	/** What the server sent of the chunk that comes next. */
	let rest: { readonly at: number; readonly bytes: Bytes } | null = null
	let failure: unknown = null
	let wake = () => {}
	const sources = parts.sources(() => wake())

	interface Giver {
		readonly source: ChunkSource
		/** It said that it had all, which an honest device has seen to be true. */
		readonly saidWhole: boolean
	}

	/** 0 to below 1. */
	const random = () => new DataView(parts.crypto.random(4).buffer).getUint32(0) / 2 ** 32

	const isWholeAt = (source: ChunkSource) => {
		const said = source.said()
		return said !== null && !said.fetching && said.chunks.size() === intake.count
	}

	async function took(index: number, sealed: Bytes, giver: Giver | null): Promise<boolean> {
		const before = givers.get(index)
		const taken = await intake.take(index, sealed)
		if (taken === 'refused') return false
		if (taken === 'known') return true
		if (taken === 'changed' && before?.saidWhole === true) blamed.add(before.source)
		if (giver === null) givers.delete(index)
		else givers.set(index, giver)
		parts.moved()
		return true
	}

	/** Runs beside; what is thrown ends the whole. */
	function beside(work: () => Promise<void>): void {
		work()
			.catch((error: unknown) => (failure = error))
			.finally(() => wake())
	}

	function askPeer(source: ChunkSource, index: number): void {
		const mine = round
		const giver = { source, saidWhole: isWholeAt(source) }
		asked.set(index, now())
		beside(async () => {
			const sealed = await source.fetch(index)
			if (mine !== round) return
			const isGood = sealed !== null && (await took(index, sealed, giver))
			if (mine !== round) return
			asked.delete(index)
			if (isGood) peersAt = now()
			else aside.add(source.device)
			if (sealed !== null && !isGood) source.bar()
		})
	}

	/** All chunks from `index` on that are whole in what came. */
	async function takeRun(index: number, bytes: Bytes): Promise<void> {
		const { start } = intake.place(index).blob
		let at = 0
		for (let next = index; next < intake.count; next++) {
			const { blob } = intake.place(next)
			if (blob.end - start > bytes.length) break
			const isGood = intake.has(next) || (await took(next, bytes.subarray(at, blob.end - start), null))
			if (!isGood) return void (server = { trouble: damaged, again: Infinity })
			at = blob.end - start
		}
		rest = { at: start + at, bytes: bytes.slice(at) }
	}

	async function fromServer(index: number, mine: number): Promise<void> {
		const { start } = intake.place(index).blob
		const here = rest?.at === start ? rest.bytes : new Uint8Array()
		const piece = await fetchPiece(http, { ...place, from: start + here.length })
		if (mine !== round) return
		if (!piece.ok) {
			const isFinal = piece.error.type === 'problem' && wireErrors[piece.error.code].retry === 'never'
			server = { trouble: toKithError(piece.error), again: isFinal ? Infinity : now() + fetchTimes.serverAgainMs }
			return
		}
		server = null
		const isOdd = piece.value.length === 0 || start + here.length + piece.value.length > attachment.length
		if (isOdd) server = { trouble: damaged, again: Infinity }
		else await takeRun(index, concatBytes(here, piece.value))
	}

	function askServer(index: number): void {
		const mine = round
		isServerBusy = true
		beside(async () => {
			await fromServer(index, mine)
			if (mine === round) isServerBusy = false
		})
	}

	const isSettling = () => now() - begunAt < fetchTimes.settleMs

	/** Something may still come of devices without the server. */
	const isHoped = (helpers: readonly ChunkSource[]) =>
		asked.size > 0 ||
		helpers.some((source) => source.said() === null) ||
		(now() - peersAt < fetchTimes.patienceMs && helpers.some((source) => source.said()?.fetching === true)) ||
		(now() - peersAt < fetchTimes.busyMs && helpers.some(hasLacking))

	/** It has another to give first. */
	function hasLacking(source: ChunkSource): boolean {
		const chunks = source.said()?.chunks
		for (let index = 0; index < intake.count; index++)
			if (chunks?.has(index) === true && !intake.has(index)) return true
		return false
	}

	function under(helpers: readonly ChunkSource[]): Under {
		const since = asked.size > 0 ? Math.min(...asked.values()) : peersAt
		return {
			intake,
			helpers,
			...{ self: parts.self.device, random, isAsked: (index) => asked.has(index) },
			isSlow: now() - since > fetchTimes.patienceMs,
		}
	}

	/** Null: it goes on, or waits for what is under way. */
	function step(from: From): KithError | null {
		const helpers = sources
			.now()
			.filter((source) => !aside.has(source.device) && from.isSource(source))
			.filter((source) => source.said() !== null || isSettling())
		for (const source of helpers) {
			for (let room = source.room(); room > 0; room--) {
				const index = pickForPeer(under(helpers), source)
				if (index !== null) askPeer(source, index)
			}
		}
		const mayAsk = from.server && !isServerBusy && (server === null || now() >= server.again)
		const index = mayAsk ? pickForServer(under(helpers)) : null
		if (index !== null) askServer(index)
		if (isServerBusy || isHoped(helpers)) return null
		if (!from.server) return { type: 'offline' }
		return server !== null ? server.trouble : null
	}

	async function untilNews(): Promise<void> {
		await new Promise<void>((resolve) => {
			const cancel = timers.after(fetchTimes.lookMs, resolve)
			wake = () => {
				cancel()
				resolve()
			}
		})
	}

	/** Null: all of it is here. */
	async function fill(from: From): Promise<KithError | null> {
		while (!intake.isWhole()) {
			if (parts.isStopped()) return { type: 'interrupted' }
			const trouble = step(from)
			if (trouble !== null) return trouble
			await untilNews()
			if (failure !== null) throw failure
		}
		return null
	}

	/** All of it once more, from one place alone. */
	async function again(from: From): Promise<KithError | null> {
		round++
		asked.clear()
		aside.clear()
		blamed.clear()
		isServerBusy = false
		server = null
		rest = null
		intake.doubt()
		return fill(from)
	}

	/** Devices gave chunks that open, and are not what the author sealed. */
	async function mend(): Promise<Result<null, KithError>> {
		const whole = sources.now().filter(isWholeAt)
		const places: readonly (ChunkSource | null)[] = [null, ...whole]
		for (const only of places) {
			const trouble = await again({ server: only === null, isSource: (source) => source === only })
			if (trouble?.type === 'interrupted') return fail(trouble)
			if (trouble !== null) continue
			if (intake.isTrue()) {
				for (const { bar } of blamed) bar()
				return ok(null)
			}
			if (only === null) return fail(damaged)
			only.bar()
		}
		return fail(damaged)
	}

	async function run(): Promise<Result<null, KithError>> {
		const trouble = await fill({ server: true, isSource: () => true })
		if (trouble !== null) return fail(trouble)
		if (intake.isTrue()) return ok(null)
		return givers.size === 0 ? fail(damaged) : mend()
	}

	return { run: () => run().finally(sources.leave) }
}
