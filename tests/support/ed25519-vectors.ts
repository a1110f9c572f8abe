/**
 * Runs tests/vectors/ed25519.json on any verifier. Pure, with no test runner in it, so that the browser suite can
 * run it inside a page as well.
 */
import { hexToBytes, type Bytes } from '#protocol/bytes.ts'
import type { Verify } from '#protocol/ports.ts'

export interface Ed25519Vector {
	readonly title: string
	readonly key: string
	readonly message: string
	readonly signature: string
	readonly valid: boolean
}

function bytes(hex: string): Bytes {
	const decoded = hexToBytes(hex)
	if (decoded === null) throw new Error(`not hexadecimal: ${hex}`)
	return decoded
}

/** The titles of the vectors on which `verify` judges otherwise: none, if all is well. */
export async function runEd25519Vectors(verify: Verify, vectors: readonly Ed25519Vector[]): Promise<string[]> {
	const verdicts = await verify(
		vectors.map(({ key, message, signature }) => ({
			key: bytes(key),
			message: bytes(message),
			signature: bytes(signature),
		})),
	)
	return vectors.filter(({ valid }, i) => verdicts[i] !== valid).map(({ title }) => title)
}
