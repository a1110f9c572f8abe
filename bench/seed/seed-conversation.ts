/**
 * create and first rotate of a conversation, signed by its first member's device, and stored by the domain after all of its
 * checks. The boxes are random bytes of the right length: the server cannot tell, and no client of the bench opens one.
 */
import { randomBytes } from 'node:crypto'
import { boxCodec, boxesRoot, kemXWing, type Box } from '../../src/lib/protocol/box.ts'
import { compareBytes, type Bytes } from '../../src/lib/protocol/bytes.ts'
import { encode } from '../../src/lib/protocol/codec.ts'
import type { Policy } from '../../src/lib/protocol/conversation-log.ts'
import { directPolicy } from '../../src/lib/protocol/conversation-rules.ts'
import { BOX_CIPHERTEXT_LENGTH, KEM_ENCAPSULATION_LENGTH } from '../../src/lib/protocol/limits.ts'
import { noHash, signedEntry, type SignedEntry } from '../../src/lib/protocol/log-entry.ts'
import type { Access, Domain } from '../../server/domain/domain.ts'
import { nodeHash } from '../../server/node-crypto.ts'
import { ConversationStory, type AccountStory } from '../../tests/support/log-actors.ts'
import type { SeededConversation } from './world.ts'

export interface StoredAccount {
	readonly story: AccountStory
	/** h of its log at the head, which is the create. */
	readonly hash: Bytes
	/** base64url */
	readonly sid: string
}

export function accessOf({ story, sid }: StoredAccount): Access {
	return { account: story.idHash, device: story.laptop.deviceId, sid, role: 'user', expiresAt: Infinity }
}

const groupPolicy: Policy = { history: 'shared', invite: 'members', knock: 'no', expiry: null }

function random(length: number): Bytes {
	return new Uint8Array(randomBytes(length))
}

function box(): Bytes {
	const sealed: Box = {
		version: 1,
		kem: kemXWing,
		enc: random(KEM_ENCAPSULATION_LENGTH),
		ct: random(BOX_CIPHERTEXT_LENGTH),
	}
	return encode(boxCodec, sealed)
}

export async function seedConversation(
	domain: Domain,
	members: readonly StoredAccount[],
): Promise<Omit<SeededConversation, 'members'>> {
	const [creator] = members
	if (creator === undefined) throw new Error('a conversation without members')
	const boxes = members.map(({ story }) => ({ account: story.idHash, g: 0, box: box() }))
	const log = logOf(creator, members, boxes)
	const [create, rotate] = log.entries.map((entry) => encode(signedEntry, entry as SignedEntry)) as [Bytes, Bytes]
	const created = await domain.conversations.create(accessOf(creator), { create, rotate, boxes })
	if (!created.ok) throw new Error(`the server takes no such conversation: ${created.error.type}`)
	const { seq, hash } = log.head
	return { id: created.value.conversation, logSeq: seq, logHash: hash.slice(0, 16) }
}

function logOf(
	{ story }: StoredAccount,
	members: readonly StoredAccount[],
	boxes: readonly { readonly account: Bytes; readonly g: number; readonly box: Bytes }[],
): ConversationStory {
	const direct = members.length === 2
	const ascending = members.toSorted((a, b) => compareBytes(a.story.idHash, b.story.idHash))
	const by = { time: Date.now(), author: story.idHash, device: story.laptop.deviceId }
	const roleOf = (idHash: Bytes) => (!direct && idHash === story.idHash ? 'owner' : 'member')
	const refs = ascending.map(({ story: { idHash } }) => ({ idHash, role: roleOf(idHash) }) as const)
	const log = new ConversationStory().append(
		{
			...{ type: 'create', seq: 0, previous: noHash, ...by, members: refs, random: random(16) },
			...{ kind: direct ? 'dm' : 'group', policy: direct ? directPolicy : groupPolicy },
		},
		story.laptop,
	)
	const accounts = boxes
		.map(({ account, g, box: bytes }) => ({ idHash: account, g, boxHash: nodeHash(bytes) }))
		.sort((a, b) => compareBytes(a.idHash, b.idHash))
	const epoch = { n: 1, commit: random(32), boxesRoot: boxesRoot(nodeHash, { accounts, links: [] }), back: null }
	const acc = ascending.map(({ story: { idHash }, hash }) => ({ idHash, seq: 0, hash16: hash.slice(0, 16), g: 0 }))
	return log.append({ type: 'rotate', base: 0, baseHash: log.head.hash, ...by, epoch, acc }, story.laptop)
}
