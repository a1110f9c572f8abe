/** Markers of Mallory's, and what he is answered to them. */
import { sealMarker } from '#crypto/marker-seal.ts'
import { encode } from '#protocol/codec.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { signedMarker, type SignedMarker } from '#protocol/marker.ts'
import { toText } from '#tests/support/http-person.ts'
import { world } from './one-world.ts'

export async function marker(change: Partial<SignedMarker> = {}, idHash = world.mallory.person.account.idHash) {
	const { mallory, talk } = world
	const by = { epoch: talk.keys, device: mallory.person.device }
	const input = { idHash, kind: 'read', hlc: hlcOf(Date.now()), recvSeq: 1 } as const
	return toText(encode(signedMarker, { ...(await sealMarker(mallory.crypto, by, input)), ...change }))
}

export async function answerTo(text: string, conversation = world.talk.id): Promise<string> {
	const socket = await world.mallory.socket()
	socket.say({ t: 'marker', conversation, marker: text })
	return (await socket.told('error', ({ about }) => about === conversation)).code
}
