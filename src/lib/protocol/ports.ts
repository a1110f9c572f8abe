/**
 * What the protocol needs from outside: `node:crypto` on the server, the crypto room in the client.
 * One vector suite runs both (tests/vectors).
 */
import type { Bytes } from './bytes.ts'

/** SHA-256 (FIPS 180-4), synchronous: the inputs are short and the fold is pure. */
export type Hash = (message: Uint8Array) => Bytes

/** One signature to be checked: Ed25519 `signature` (64 bytes) of `message` under `key` (32 bytes). */
export interface SignatureClaim {
	readonly key: Bytes
	readonly message: Bytes
	readonly signature: Bytes
}

/**
 * Cofactorless Ed25519 (SPEC SIG3): S < L, A and R canonical and not of small order, bytes of [S]B − [k]A equal R.
 * The answer has the order of the claims. Never throws for bad input.
 */
export type Verify = (claims: readonly SignatureClaim[]) => Promise<boolean[]>

/** Milliseconds since the Unix epoch. */
export type Clock = () => number

/** `length` bytes from a cryptographically secure source. */
export type RandomBytes = (length: number) => Bytes

/** Runs `run` once after `ms` milliseconds; the answer cancels it. Passed in so that tests own the time. */
export interface Timers {
	readonly after: (ms: number, run: () => void) => () => void
}
