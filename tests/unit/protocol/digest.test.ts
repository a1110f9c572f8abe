import { describe, expect, test } from 'vitest'
import { concatBytes, utf8ToBytes } from '#protocol/bytes.ts'
import { pageDigest, type DigestRow } from '#protocol/digest.ts'
import { nodeHash } from '#tests/support/crypto-ports.ts'
import { bytesOf } from '#tests/support/log-actors.ts'

const rows: DigestRow[] = [
	{ clientId: 5, clock: 0, eventId: bytesOf('a', 16) },
	{ clientId: 5, clock: 1, eventId: bytesOf('b', 16) },
	{ clientId: Number.MAX_SAFE_INTEGER, clock: 0, eventId: bytesOf('c', 16) },
]

describe('page digest', () => {
	test('[PAGE9] tag, then clientID8, clock4, eventId16 of each row, ascending', () => {
		const row = ({ clientId, clock, eventId }: DigestRow) => {
			const head = Buffer.alloc(12)
			head.writeBigUInt64BE(BigInt(clientId))
			head.writeUInt32BE(clock, 8)
			return concatBytes(head, eventId)
		}
		const expected = nodeHash(concatBytes(utf8ToBytes('kith/digest/1'), ...rows.map(row))).slice(0, 16)
		expect(pageDigest(nodeHash, rows)).toEqual(expected)
	})

	test('[PAGE9] the order in which rows are given does not matter', () => {
		expect(pageDigest(nodeHash, rows.toReversed())).toEqual(pageDigest(nodeHash, rows))
	})

	test('[PAGE9] two events at one place differ, although the state vectors are equal', () => {
		const other = [...rows.slice(0, 2), { ...rows[2]!, eventId: bytesOf('d', 16) }]
		expect(pageDigest(nodeHash, other)).not.toEqual(pageDigest(nodeHash, rows))
		expect(pageDigest(nodeHash, rows.slice(1))).not.toEqual(pageDigest(nodeHash, rows))
	})
})
