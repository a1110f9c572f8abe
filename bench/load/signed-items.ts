/**
 * Items as our clients send them, signed ahead: real heads, places and signatures. In the place of the ciphertext stand
 * random bytes with a marker: the server has no key that could tell.
 */
import { randomBytes } from 'node:crypto'
import { concatBytes, utf8ToBytes, type Bytes } from '../../src/lib/protocol/bytes.ts'
import { encode } from '../../src/lib/protocol/codec.ts'
import {
	clientIdOf,
	encodeHead,
	encodeItem,
	eventHash,
	placeCodec,
	type Head,
} from '../../src/lib/protocol/envelope.ts'
import { guidOf } from '../../src/lib/protocol/guid.ts'
import { hlcOf } from '../../src/lib/protocol/hlc.ts'
import { encodePageMessage } from '../../src/lib/protocol/page-messages.ts'
import { nodeHash } from '../../server/node-crypto.ts'
import type { Actor } from '../../tests/support/log-actors.ts'
import type { KithConversation } from './job.ts'
import { writeMarker } from './marker.ts'
import type { Spot } from './plan.ts'

/** Bytes of an item of ours around its ciphertext. */
export const itemOverhead = 1 + 43 + 4 + 26 + 64
const incarnation = 1

export interface Author {
	readonly account: Bytes
	readonly device: Actor
}

export interface Draft {
	readonly conversation: KithConversation & { readonly index: number }
	readonly author: Author
	readonly n: number
	readonly spot: Spot
	readonly itemBytes: number
}

/** The page message; the channel before it is known only to the connection. */
export interface SignedMessage {
	readonly guid: string
	readonly payload: Bytes
}

export function signMessage({ conversation, author, n, spot, itemBytes }: Draft): SignedMessage {
	const { device, account } = author
	const { deviceId } = device
	const guid = guidOf({ conversation: conversation.id, page: spot.page, part: 0 })
	const nonce = new Uint8Array(randomBytes(12))
	const head: Head = { kind: 'post', deviceId, epoch: 1, hlc: hlcOf(Date.now()), nonce, targets: [], expiresAt: null }
	const ct = new Uint8Array(randomBytes(itemBytes - itemOverhead))
	writeMarker(ct, conversation.index, n)
	const place = { incarnation, clock: spot.clock, logSeq: conversation.logSeq, logHash: conversation.logHash }
	const hashed = { convId: conversation.id, idHash: account, head: encodeHead(head), ctHash: nodeHash(ct) }
	const evHash = eventHash(nodeHash, hashed)
	// What SPEC EV7 signs: evHash ‖ len1 guid ‖ place.
	const body = concatBytes(evHash, Uint8Array.of(guid.length), utf8ToBytes(guid), encode(placeCodec, place))
	const content = encodeItem({ form: 'full', head, ct, place, signature: device.sign('ev', body) })
	if (content.length !== itemBytes) throw new Error(`an item of ${content.length} bytes instead of ${itemBytes}`)
	const clientId = clientIdOf(nodeHash, { deviceId, guid, incarnation })
	const items = [{ clientId, clock: spot.clock, content }]
	return { guid, payload: encodePageMessage({ type: 'update', items }) }
}
