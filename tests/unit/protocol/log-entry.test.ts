import { describe, expect, test } from 'vitest'
import { concatBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import {
	encodeHeadBody,
	isFork,
	standingOfHead,
	verifyFork,
	type ForkProof,
	type HeadBody,
	type SignedHead,
} from '#protocol/head.ts'
import { chainHash, noHash, signedEntry } from '#protocol/log-entry.ts'
import { nodeHash, nodeVerify } from '../../support/crypto-ports.ts'
import { actor, byDevice, byMethod, bytesOf, signedBy } from '../../support/log-actors.ts'

const u32 = (value: number): Bytes => Uint8Array.of(0, 0, 0, value)

test('[LOG2] a chain hash covers the one before, the position and the body', () => {
	const body = bytesOf('body', 100)
	const first = nodeHash(concatBytes(utf8ToBytes('kith/h/1'), noHash, u32(0), nodeHash(body)))
	expect(chainHash(nodeHash, noHash, { seq: 0, body })).toEqual(first)
	const second = nodeHash(concatBytes(utf8ToBytes('kith/h/1'), first, u32(1), nodeHash(body)))
	expect(chainHash(nodeHash, first, { seq: 1, body })).toEqual(second)
})

describe('[LOG5] signatures stand in one order, each once', () => {
	const entry = signedBy(bytesOf('body'), [byDevice(actor('a')), byMethod(actor('b')), byDevice(actor('c'))])
	const bytes = encode(signedEntry, entry)
	const count = 4 + 32

	test('count1, then kind1 ‖ key16 ‖ signature64 each', () => {
		expect(bytes.length).toBe(count + 1 + 3 * 81)
		expect(bytes[count]).toBe(3)
		expect([0, 1, 2].map((i) => bytes[count + 1 + 81 * i])).toEqual([1, 2, 2])
		expect(decode(signedEntry, bytes)).toEqual({ ok: true, value: entry })
	})

	test('another order, and a key that signs twice as one kind, are refused', () => {
		const [one, two, three] = [0, 1, 2].map((i) => bytes.slice(count + 1 + 81 * i, count + 1 + 81 * (i + 1)))
		const start = bytes.slice(0, count + 1)
		expect(decode(signedEntry, concatBytes(start, one!, three!, two!)).ok).toBe(false)
		const again = concatBytes(two!.slice(0, 17), bytesOf('other signature', 64))
		expect(decode(signedEntry, concatBytes(start, one!, ...[two!, again].sort(Buffer.compare))).ok).toBe(false)
	})
})

describe('signed heads', () => {
	const server = actor('server')
	const subject = bytesOf('account')
	const bodies = ['a', 'b', 'c', 'd'].map((name) => bytesOf(name))
	const chainOf = (list: readonly Bytes[], from: Bytes = noHash, first = 0) =>
		list.reduce<Bytes[]>((hashes, body, i) => {
			return [...hashes, chainHash(nodeHash, hashes.at(-1) ?? from, { seq: first + i, body })]
		}, [])
	const hashes = chainOf(bodies)
	/** The same up to seq 1, another entry at 2. */
	const otherHashes = chainOf([...bodies.slice(0, 2), bytesOf('x'), bytesOf('y')])
	const headAt = (seq: number, hash: Bytes, change: Partial<HeadBody> = {}): SignedHead => {
		const body = { instanceEpoch: bytesOf('epoch', 16), subject, seq, hash, ...change }
		return { ...body, signature: server.sign('head', encodeHeadBody(body)) }
	}
	const ports = { serverKey: server.signingKey, hash: nodeHash, verify: nodeVerify }
	const fork: ForkProof = {
		lower: headAt(2, hashes[2]!),
		higher: headAt(3, otherHashes[3]!),
		at: otherHashes[2]!,
		path: [nodeHash(bytesOf('y'))],
	}

	test('[LOG9] a head covers a known log, lies beyond it, or contradicts it', () => {
		const log = { subject, hashes: hashes.slice(0, 3) }
		expect(standingOfHead(headAt(2, hashes[2]!), log)).toBe('covers')
		expect(standingOfHead(headAt(1, hashes[1]!), log)).toBe('covers')
		expect(standingOfHead(headAt(3, hashes[3]!), log)).toBe('beyond')
		expect(standingOfHead(headAt(2, otherHashes[2]!), log)).toBe('contradicts')
		expect(standingOfHead(headAt(2, hashes[2]!, { subject: bytesOf('else') }), log)).toBe('other-log')
	})

	test('[LOG9] a head is signed over instance epoch, subject, position and hash', () => {
		const { instanceEpoch } = headAt(2, hashes[2]!)
		expect(encodeHeadBody(headAt(2, hashes[2]!))).toEqual(concatBytes(instanceEpoch, subject, u32(2), hashes[2]!))
	})

	test('[LOG10] two signed heads that contradict each other are a fork', async () => {
		expect(await verifyFork(fork, ports)).toBe(true)
		const sameSeq = { lower: fork.lower, higher: headAt(2, otherHashes[2]!), at: otherHashes[2]!, path: [] }
		expect(await verifyFork(sameSeq, ports)).toBe(true)
	})

	test('[LOG10] heads on one chain, of two instance epochs or of two logs are none', () => {
		const oneChain = { ...fork, higher: headAt(3, hashes[3]!), at: hashes[2]!, path: [nodeHash(bodies[3]!)] }
		expect(isFork(oneChain, nodeHash)).toBe(false)
		const restored = { ...fork, higher: headAt(3, otherHashes[3]!, { instanceEpoch: bytesOf('restored', 16) }) }
		expect(isFork(restored, nodeHash)).toBe(false)
		expect(isFork({ ...fork, higher: headAt(3, otherHashes[3]!, { subject: bytesOf('else') }) }, nodeHash)).toBe(false)
	})

	test('[LOG10] what the instance did not sign, or signed for something else, proves nothing', async () => {
		const forged = { ...fork.higher, signature: actor('eve').sign('head', encodeHeadBody(fork.higher)) }
		expect(await verifyFork({ ...fork, higher: forged }, ports)).toBe(false)
		const otherUse = { ...fork.higher, signature: server.sign('log', encodeHeadBody(fork.higher)) }
		expect(await verifyFork({ ...fork, higher: otherUse }, ports)).toBe(false)
	})

	test('[LOG11] a path that does not lead to the higher head proves nothing', () => {
		expect(isFork({ ...fork, path: [bytesOf('made up')] }, nodeHash)).toBe(false)
		expect(isFork({ ...fork, path: [] }, nodeHash)).toBe(false)
		const accused = { lower: headAt(2, hashes[2]!), higher: headAt(3, hashes[3]!), at: hashes[3]!, path: [] }
		expect(isFork(accused, nodeHash)).toBe(false)
		expect(isFork({ ...fork, at: bytesOf('made up') }, nodeHash)).toBe(false)
		expect(isFork({ ...fork, lower: fork.higher, higher: fork.lower }, nodeHash)).toBe(false)
	})
})
