/**
 * The messages of the y-websocket protocol on one page (SPEC WIRE4 to WIRE8; y-protocols sync.js, awareness.js):
 *
 * varuint type: 0 sync (0 step1 state vector, 1 step2 update, 2 update) · 1 awareness · 2 auth · 3 queryAwareness
 *
 * What a decoder gives out has been taken apart and bounded; encoding it anew is the only way to pass it on.
 */
import { utf8ToBytes, type Bytes } from './bytes.ts'
import type { DecodeError } from './codec.ts'
import { AWARENESS_STATE_MAX, AWARENESS_STATES_MAX, FRAME_MAX, STATE_VECTOR_MAX } from './limits.ts'
import { decodeUpdate, roomFor, writeUpdate, type PageItem, type PageUpdate, type Stray } from './page-codec.ts'
import { fail, ok, type Result } from './result.ts'
import { readWhole, unreadable, VarWriter, type VarReader } from './varuint.ts'

/** clientID → next clock. */
export type StateVector = ReadonlyMap<number, number>

export interface AwarenessState {
	/** The sender's random doc.clientID, not one of items. */
	readonly clientId: number
	readonly clock: number
	/** JSON of an object, or `null` when that client is gone. */
	readonly state: string
}

/** What carries items: `strays` and `ignored` are of decoding only. */
interface Items {
	readonly items: readonly PageItem[]
	readonly strays?: readonly Stray[]
	readonly ignored?: number
}

export type PageMessage =
	/** What the sender has; answered by step2. */
	| { readonly type: 'step1'; readonly vector: StateVector }
	/** What the other side lacked. A stock provider calls itself synced when it has come. */
	| ({ readonly type: 'step2' } & Items)
	| ({ readonly type: 'update' } & Items)
	| { readonly type: 'awareness'; readonly states: readonly AwarenessState[] }
	| { readonly type: 'auth'; readonly reason: string }
	| { readonly type: 'query-awareness' }

type DecodedMessage =
	Exclude<PageMessage, Items> | ({ readonly type: 'step2' } & PageUpdate) | ({ readonly type: 'update' } & PageUpdate)

const messageSync = 0
const messageAwareness = 1
const messageAuth = 2
const messageQueryAwareness = 3
const syncStep1 = 0
const syncStep2 = 1
const syncUpdate = 2
const permissionDenied = 0
const reasonMaxBytes = 256

/** Never throws, whatever the bytes. */
export function decodePageMessage(bytes: Uint8Array): Result<DecodedMessage, DecodeError> {
	if (bytes.length > FRAME_MAX) return fail({ type: 'malformed', reason: 'larger than a frame may be' })
	const outer = readWhole(bytes, readOuter)
	if (!outer.ok || !('update' in outer.value)) return outer as Result<DecodedMessage, DecodeError>
	const { type, update } = outer.value
	const decoded = decodeUpdate(update)
	return decoded.ok ? ok({ type, ...decoded.value }) : decoded
}

type Outer = Exclude<DecodedMessage, Items> | { readonly type: 'step2' | 'update'; readonly update: Uint8Array }

function readOuter(reader: VarReader): Outer {
	switch (reader.uint()) {
		case messageSync:
			return readSync(reader)
		case messageAwareness:
			return { type: 'awareness', states: nested(reader.lengthPrefixed(), readStates) }
		case messageAuth:
			if (reader.uint() !== permissionDenied) unreadable('an auth message of no known kind')
			return { type: 'auth', reason: reader.text(reasonMaxBytes) }
		case messageQueryAwareness:
			return { type: 'query-awareness' }
		default:
			return unreadable('a message of no known kind')
	}
}

function readSync(reader: VarReader): Outer {
	switch (reader.uint()) {
		case syncStep1:
			return { type: 'step1', vector: nested(reader.lengthPrefixed(), readVector) }
		case syncStep2:
			return { type: 'step2', update: reader.lengthPrefixed() }
		case syncUpdate:
			return { type: 'update', update: reader.lengthPrefixed() }
		default:
			return unreadable('a sync message of no known kind')
	}
}

function nested<T>(bytes: Uint8Array, read: (reader: VarReader) => T): T {
	const result = readWhole(bytes, read)
	return result.ok ? result.value : unreadable(result.error.reason)
}

export function encodePageMessage(message: PageMessage): Bytes {
	switch (message.type) {
		case 'step1':
			return finish([messageSync, syncStep1], encodeStateVector(message.vector))
		case 'step2':
			return encodeItems(syncStep2, message.items)
		case 'update':
			return encodeItems(syncUpdate, message.items)
		case 'awareness':
			return finish([messageAwareness], encodeStates(message.states))
		case 'auth':
			return finish([messageAuth, permissionDenied], utf8ToBytes(message.reason))
		case 'query-awareness':
			return Uint8Array.of(messageQueryAwareness)
	}
}

function encodeItems(type: typeof syncStep2 | typeof syncUpdate, items: readonly PageItem[]): Bytes {
	const writer = new VarWriter(16 + roomFor(items))
	writer.uint(messageSync)
	writer.uint(type)
	writer.nested(() => writeUpdate(writer, items))
	return writer.finish()
}

function finish(types: readonly number[], body: Bytes): Bytes {
	const writer = new VarWriter(16 + body.length)
	for (const type of types) writer.uint(type)
	writer.bytes(body)
	return writer.finish()
}

/** Keeps a stock provider from reconnecting after 30 s of silence (trap 2 of the design: every 20 s). */
export function emptyAwarenessMessage(): Bytes {
	return encodePageMessage({ type: 'awareness', states: [] })
}

export function encodeStateVector(vector: StateVector): Bytes {
	const writer = new VarWriter(16 + vector.size * 12)
	writer.uint(vector.size)
	for (const [clientId, clock] of [...vector].sort(([a], [b]) => b - a)) {
		writer.uint(clientId)
		writer.uint(clock)
	}
	return writer.finish()
}

export function decodeStateVector(bytes: Uint8Array): Result<StateVector, DecodeError> {
	return readWhole(bytes, readVector)
}

function readVector(reader: VarReader): StateVector {
	const size = reader.uint()
	if (size > STATE_VECTOR_MAX) unreadable('too many entries in a state vector')
	const vector = new Map<number, number>()
	for (let i = 0; i < size; i++) vector.set(reader.uint(), reader.uint())
	return vector
}

function encodeStates(states: readonly AwarenessState[]): Bytes {
	const writer = new VarWriter()
	writer.uint(states.length)
	for (const { clientId, clock, state } of states) {
		writer.uint(clientId)
		writer.uint(clock)
		writer.text(state)
	}
	return writer.finish()
}

function readStates(reader: VarReader): AwarenessState[] {
	const count = reader.uint()
	if (count > AWARENESS_STATES_MAX) unreadable('too many awareness states')
	const states: AwarenessState[] = []
	for (let i = 0; i < count; i++) {
		const [clientId, clock, state] = [reader.uint(), reader.uint(), reader.text(AWARENESS_STATE_MAX)]
		if (!isState(state)) unreadable('an awareness state is an object or null')
		states.push({ clientId, clock, state })
	}
	return states
}

/** A stock Awareness parses it unguarded, so what is no JSON must not reach it. */
function isState(json: string): boolean {
	try {
		const value: unknown = JSON.parse(json)
		return typeof value === 'object' && !Array.isArray(value)
	} catch {
		return false
	}
}
