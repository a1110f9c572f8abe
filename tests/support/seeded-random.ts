/** Bytes that look random and repeat for ever: SHA-256 over seed and counter. For vectors and seeded stories only. */
import { createHash } from 'node:crypto'
import type { RandomBytes } from '#protocol/ports.ts'

export function seededRandom(seed: string): RandomBytes {
	let counter = 0
	return (length) => {
		const out = new Uint8Array(length)
		for (let offset = 0; offset < length; offset += 32) {
			const block = createHash('sha256').update(`${seed}/${counter++}`).digest()
			out.set(block.subarray(0, Math.min(32, length - offset)), offset)
		}
		return out
	}
}
