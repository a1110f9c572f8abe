/** Reads and writes the frozen vectors in tests/vectors. */
import { readFileSync, writeFileSync } from 'node:fs'
import { hexToBytes, type Bytes } from '#protocol/bytes.ts'

function pathOf(name: string): URL {
	return new URL(`../vectors/${name}.json`, import.meta.url)
}

export function readVectors<T>(name: string): T {
	return JSON.parse(readFileSync(pathOf(name), 'utf8')) as T
}

export function writeVectors(name: string, value: unknown): void {
	writeFileSync(pathOf(name), `${JSON.stringify(value, null, '\t')}\n`)
}

/** Throws on anything else than lower-case hexadecimal: a vector is written by us. */
export function hex(text: string): Bytes {
	const bytes = hexToBytes(text)
	if (bytes === null) throw new Error(`not hexadecimal: ${text}`)
	return bytes
}
