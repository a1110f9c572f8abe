/**
 * What can be said of an Ed25519 signature by its bytes alone (SPEC SIG3): S < L, A and R canonical and not of
 * small order. Every verifier (node:crypto, WebCrypto, points in JavaScript) asks this first, because each library
 * draws these lines elsewhere, and a member could split a room along the difference.
 */
import { hexToBytes, type Bytes } from './bytes.ts'

const publicKeyLength = 32
const signatureLength = 64

/** L = 2^252 + 27742317777372353535851937790883648493 (RFC 8032 §5.1), little-endian. */
const order = hexToBytes('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010') as Bytes

/**
 * The y of the points whose order divides 8, little-endian. Both signs of x have small order or, at x = 0, no
 * canonical spelling (RFC 8032 §5.1.3 step 4), so the sign bit is not looked at.
 */
const smallOrderY: readonly Bytes[] = [
	'0100000000000000000000000000000000000000000000000000000000000000',
	'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
	'0000000000000000000000000000000000000000000000000000000000000000',
	'26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
	'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map((hex) => hexToBytes(hex) as Bytes)

/** Little-endian `bytes` from `offset` below `bound`. */
function isBelow(bytes: Uint8Array, offset: number, bound: Uint8Array): boolean {
	for (let i = bound.length - 1; i >= 0; i--) {
		const difference = (bytes[offset + i] as number) - (bound[i] as number)
		if (difference !== 0) return difference < 0
	}
	return false
}

/** y < p = 2^255 − 19, the sign bit apart. */
function isCanonicalY(bytes: Uint8Array, offset: number): boolean {
	if (((bytes[offset + 31] as number) & 0x7f) !== 0x7f) return true
	for (let i = 30; i > 0; i--) if (bytes[offset + i] !== 0xff) return true
	return (bytes[offset] as number) < 0xed
}

function hasSmallOrder(bytes: Uint8Array, offset: number): boolean {
	return smallOrderY.some((y) => {
		if (((bytes[offset + 31] as number) & 0x7f) !== y[31]) return false
		for (let i = 0; i < 31; i++) if (bytes[offset + i] !== y[i]) return false
		return true
	})
}

function isGoodPoint(bytes: Uint8Array, offset: number): boolean {
	return isCanonicalY(bytes, offset) && !hasSmallOrder(bytes, offset)
}

/**
 * May `key` (32 bytes) and `signature` (64 bytes: R ‖ S) be given to a verifier at all? Whether the points lie on
 * the curve and the equation holds is the verifier's part.
 */
export function isStrictEd25519(key: Uint8Array, signature: Uint8Array): boolean {
	if (key.length !== publicKeyLength || signature.length !== signatureLength) return false
	return isBelow(signature, 32, order) && isGoodPoint(key, 0) && isGoodPoint(signature, 0)
}

/** As far as bytes tell: a key that could verify something. */
export function isStrictEd25519Key(key: Uint8Array): boolean {
	return key.length === publicKeyLength && isGoodPoint(key, 0)
}
