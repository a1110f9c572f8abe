/**
 * Writes tests/vectors/ed25519.json: `node tests/vectors/make-ed25519.ts`. The same bytes each time.
 *
 * `valid` is computed here from the definition (SPEC SIG3) and not by the verifiers under test: where bytes are
 * canonical and of full order, the verdict is whether R equals [S]B − [k]A as bytes.
 */
import { writeFileSync } from 'node:fs'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '#protocol/bytes.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'
import type { Ed25519Vector } from '#tests/support/ed25519-vectors.ts'

const { Point } = ed25519
type Point = ReturnType<typeof Point.fromBytes>
const order = Point.Fn.ORDER
const random = seededRandom('kith ed25519 vectors')
const vectors: Ed25519Vector[] = []

const hex = (text: string): Uint8Array => {
	const bytes = hexToBytes(text)
	if (bytes === null) throw new Error(text)
	return bytes
}
const mod = (value: bigint): bigint => ((value % order) + order) % order
const toBigint = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes.slice().reverse())}`)
const toBytes = (value: bigint): Uint8Array => hex(value.toString(16).padStart(64, '0')).reverse()
const scalar = (): bigint => mod(toBigint(random(32)))
const challenge = (r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint =>
	mod(toBigint(sha512(concatBytes(r, a, message))))

function add(title: string, valid: boolean, [key, message, signature]: readonly Uint8Array[]): void {
	vectors.push({
		title,
		key: bytesToHex(key as Uint8Array),
		message: bytesToHex(message as Uint8Array),
		signature: bytesToHex(signature as Uint8Array),
		valid,
	})
}

/** The eight points of small order, by their order. */
function smallPoints(): { readonly name: string; readonly order: number; readonly point: Point }[] {
	const generator = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
	const orders = [1, 8, 4, 8, 2, 8, 4, 8]
	return orders.map((of, i) => ({ name: `${of}, ${i}T`, order: of, point: generator.multiplyUnsafe(BigInt(i)) }))
}

/** S = r + k·a, for points R and A that may carry torsion that S knows nothing of. */
function forge(
	a: bigint,
	keyBytes: Uint8Array,
	nonce: { readonly r: bigint; readonly bytes: Uint8Array },
	message: Uint8Array,
) {
	const s = mod(nonce.r + challenge(nonce.bytes, keyBytes, message) * a)
	return concatBytes(nonce.bytes, toBytes(s))
}

function equationHolds(key: Point, keyBytes: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
	const r = signature.slice(0, 32)
	const left = Point.BASE.multiplyUnsafe(toBigint(signature.slice(32)))
	const k = challenge(r, keyBytes, message)
	return bytesToHex(left.subtract(key.multiplyUnsafe(k)).toBytes()) === bytesToHex(r)
}

/** RFC 8032 §7.1: seed, message, public key, signature. */
const rfc8032 = [
	[
		'test 1',
		'9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
		'',
		'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
		'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
	],
	[
		'test 2',
		'4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
		'72',
		'3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
		'92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
	],
	[
		'test 3',
		'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
		'af82',
		'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
		'6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
	],
	[
		'test SHA(abc)',
		'833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
		'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
		'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
		'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
	],
] as const

function addRfc8032(): void {
	for (const [name, seed, message, key, signature] of rfc8032) {
		const made = ed25519.sign(hex(message), hex(seed))
		const wrong = bytesToHex(made) !== signature || bytesToHex(ed25519.getPublicKey(hex(seed))) !== key
		if (wrong) throw new Error(`RFC 8032 ${name} was copied wrongly`)
		add(`RFC 8032 §7.1 ${name}`, true, [hex(key), hex(message), hex(signature)])
	}
}

function honest() {
	const seed = random(32)
	const message = random(40)
	return {
		a: ed25519.utils.getExtendedPublicKey(seed).scalar,
		key: ed25519.getPublicKey(seed),
		message,
		signature: ed25519.sign(message, seed),
	}
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
	const out = bytes.slice()
	out[bit >> 3] = (out[bit >> 3] as number) ^ (1 << (bit & 7))
	return out
}

function addTampered(): void {
	const { key, message, signature } = honest()
	add('an honest signature', true, [key, message, signature])
	add('another message', false, [key, flip(message, 3), signature])
	add('a bit of R flipped', false, [key, message, flip(signature, 9)])
	add('the sign of R flipped', false, [key, message, flip(signature, 255)])
	add('a bit of S flipped', false, [key, message, flip(signature, 260)])
	add('the sign of A flipped', false, [flip(key, 255), message, signature])
	add('another key', false, [honest().key, message, signature])
	for (const length of [0, 31, 33]) add(`a key of ${length} bytes`, false, [new Uint8Array(length), message, signature])
	for (const length of [0, 63]) add(`a signature of ${length} bytes`, false, [key, message, signature.slice(0, length)])
	add('a signature of 65 bytes', false, [key, message, concatBytes(signature, new Uint8Array(1))])
}

function addLargeS(): void {
	const { key, message, signature } = honest()
	const s = toBigint(signature.slice(32))
	for (let n = 1n; s + n * order < 1n << 256n && n <= 15n; n += n < 2n ? 1n : 13n) {
		add(`S + ${n}·L`, false, [key, message, concatBytes(signature.slice(0, 32), toBytes(s + n * order))])
	}
	add('S = L', false, [key, message, concatBytes(signature.slice(0, 32), toBytes(order))])
	add('S = 2^256 − 1', false, [key, message, concatBytes(signature.slice(0, 32), new Uint8Array(32).fill(255))])
}

function addSmallOrder(): void {
	for (const { name, point } of smallPoints()) {
		const keyBytes = point.toBytes()
		for (let i = 0; i < 2; i++) {
			const r = scalar()
			const message = random(24)
			// S = r fits whenever [k] of the small point vanishes, always for the identity
			const nonce = { r, bytes: Point.BASE.multiply(r).toBytes() }
			add(`A of order ${name}, ${i}`, false, [keyBytes, message, forge(0n, keyBytes, nonce, message)])
		}
		const { a, key, message } = honest()
		add(`R of order ${name}`, false, [key, message, forge(a, key, { r: 0n, bytes: keyBytes }, message)])
		add(`A and R of order ${name}, S = 0`, false, [keyBytes, message, concatBytes(keyBytes, new Uint8Array(32))])
	}
}

function addNonCanonical(): void {
	const p = Point.Fp.ORDER
	const { a, key, message } = honest()
	for (let y = 0n; y < 19n; y++) {
		for (const sign of [0n, 1n << 255n]) {
			const bytes = toBytes((p + y) | sign)
			const name = `y = p + ${y}${sign > 0n ? ', sign set' : ''}`
			add(`A with ${name}`, false, [bytes, message, forge(0n, bytes, { r: a, bytes: key }, message)])
			add(`R with ${name}`, false, [key, message, forge(a, key, { r: 0n, bytes }, message)])
		}
	}
	for (const y of [1n, p - 1n]) {
		const bytes = toBytes(y | (1n << 255n))
		add(`A with x = −0, y = ${y === 1n ? '1' : 'p − 1'}`, false, [
			bytes,
			message,
			forge(0n, bytes, { r: a, bytes: key }, message),
		])
		add(`R with x = −0, y = ${y === 1n ? '1' : 'p − 1'}`, false, [
			key,
			message,
			forge(a, key, { r: 0n, bytes }, message),
		])
	}
	add('A not on the curve', false, [toBytes(2n), message, ed25519.sign(message, random(32))])
	add('R not on the curve', false, [key, message, forge(a, key, { r: 0n, bytes: toBytes(2n) }, message)])
}

/** The heart: a cofactored verifier accepts every one of these, a cofactorless one as torsion cancels. */
function addMixedOrder(): void {
	const small = smallPoints().filter((entry) => entry.order > 1)
	for (const { name, point } of small) {
		for (let i = 0; i < 6; i++) {
			const a = scalar()
			const key = Point.BASE.multiply(a).add(point)
			const keyBytes = key.toBytes()
			const r = scalar()
			const message = random(24)
			const plain = forge(a, keyBytes, { r, bytes: Point.BASE.multiply(r).toBytes() }, message)
			add(`A of mixed order (${name}), ${i}`, equationHolds(key, keyBytes, message, plain), [keyBytes, message, plain])
			const mixed = Point.BASE.multiply(r).add(point).toBytes()
			const both = forge(a, keyBytes, { r, bytes: mixed }, message)
			add(`A and R of mixed order (${name}), ${i}`, equationHolds(key, keyBytes, message, both), [
				keyBytes,
				message,
				both,
			])
		}
		const { a, key, message } = honest()
		const r = scalar()
		const nonce = { r, bytes: Point.BASE.multiply(r).add(point).toBytes() }
		add(`R of mixed order (${name})`, false, [key, message, forge(a, key, nonce, message)])
	}
}

add(
	'an empty message under an ordinary key',
	true,
	(() => {
		const seed = utf8ToBytes('0123456789abcdef0123456789abcdef')
		const message = new Uint8Array()
		return [ed25519.getPublicKey(seed), message, ed25519.sign(message, seed)]
	})(),
)
addRfc8032()
addTampered()
addLargeS()
addSmallOrder()
addNonCanonical()
addMixedOrder()
writeFileSync(new URL('ed25519.json', import.meta.url), `${JSON.stringify(vectors, null, '\t')}\n`)
console.log(`${vectors.length} vectors, ${vectors.filter(({ valid }) => valid).length} valid`)
