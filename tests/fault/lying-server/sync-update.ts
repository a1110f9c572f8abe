import { concatBytes, type Bytes } from '#protocol/bytes.ts'
import { VarWriter } from '#protocol/varuint.ts'

/** A raw Yjs update as y-protocols carries it. */
export function syncUpdate(update: Uint8Array): Bytes {
	const writer = new VarWriter()
	writer.uint(update.length)
	return concatBytes(Uint8Array.of(0, 2), writer.finish(), new Uint8Array(update))
}
