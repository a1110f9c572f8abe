/** A direct conversation made at the HTTP API by two people of tests/support/http-person.ts who are friends. */
import { createDirect, type BoxTarget } from '#crypto/conversation-builder.ts'
import { boxCodec } from '#protocol/box.ts'
import { encode } from '#protocol/codec.ts'
import { signedEntry, type SignedEntry } from '#protocol/log-entry.ts'
import { clientCrypto, must, toText, type Person } from './http-person.ts'

const target = ({ account }: Person): BoxTarget => ({
	idHash: account.idHash,
	head: account.head,
	g: 0,
	accountKey: account.kemKeys[0]!,
})

/** Its id, base64url. */
export async function directBetween(by: Person, other: Person): Promise<string> {
	const { crypto } = await clientCrypto()
	const author = { idHash: by.account.idHash, device: by.device, now: Date.now() }
	const made = await createDirect(crypto, author, [target(by), target(other)])
	const entry = (one: SignedEntry) => toText(encode(signedEntry, one))
	const boxes = made.boxes.map(({ idHash, g, box }) => ({
		account: toText(idHash),
		...{ g, box: toText(encode(boxCodec, box)) },
	}))
	const form = { create: entry(made.create), rotate: entry(made.rotate), boxes }
	return (await must(by.http.call((api) => api.conversations.create(form)))).conversation
}
