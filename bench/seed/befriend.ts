/** A direct conversation is for friends: one asks, the other accepts, both signed. */
import { randomBytes } from 'node:crypto'
import type { Domain } from '../../server/domain/domain.ts'
import { nodeHash } from '../../server/node-crypto.ts'
import type { Bytes } from '../../src/lib/protocol/bytes.ts'
import { encode } from '../../src/lib/protocol/codec.ts'
import { encodeFriendBody, requestHash, signedFriendStep, type FriendBody } from '../../src/lib/protocol/friendship.ts'
import { accessOf, type StoredAccount } from './seed-conversation.ts'

interface Pair {
	readonly from: StoredAccount
	readonly to: StoredAccount
}

export async function befriend(domain: Domain, one: StoredAccount, other: StoredAccount): Promise<void> {
	const request = { type: 'request', ...partiesOf(domain, { from: one, to: other }) } as const
	const asked = await domain.friends.request(accessOf(one), other.story.idHash, signed(one, request))
	if (!asked.ok) throw new Error(`the server takes no such request: ${asked.error.type}`)
	const answer = { ...partiesOf(domain, { from: other, to: one }), request: requestHash(nodeHash, request) }
	const accept = signed(other, { type: 'accept', ...answer })
	const accepted = await domain.friends.accept(accessOf(other), one.story.idHash, accept)
	if (!accepted.ok) throw new Error(`the server takes no such answer: ${accepted.error.type}`)
}

function partiesOf({ instance }: Domain, { from, to }: Pair) {
	const { idHash, laptop } = from.story
	const drawn = { time: Date.now(), random: new Uint8Array(randomBytes(16)) }
	return { server: instance.serverId, from: idHash, to: to.story.idHash, device: laptop.deviceId, ...drawn }
}

function signed({ story }: StoredAccount, body: FriendBody): Bytes {
	return encode(signedFriendStep, { body, signature: story.laptop.sign('friend', encodeFriendBody(body)) })
}
