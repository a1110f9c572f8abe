/** Name and topic of a conversation, sealed under an epoch and bound to who wrote them (SPEC EPO9, CNV34). */
import type { Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { titleAad } from '#protocol/epoch-keys.ts'
import { titlePlaintext, type TitlePlaintext } from '#protocol/title.ts'
import { aeadOpen, aeadSeal, nonceLength } from './aead.ts'
import type { EpochKeys } from './epoch.ts'
import type { Crypto } from './suite.ts'

export interface SealedTitle {
	readonly nonce: Bytes
	readonly ct: Bytes
}

export async function sealTitle(
	crypto: Crypto,
	epoch: EpochKeys,
	{ author, title }: { readonly author: Bytes; readonly title: TitlePlaintext },
): Promise<SealedTitle> {
	const nonce = crypto.random(nonceLength)
	const input = { nonce, aad: titleAad(epoch, author), plaintext: encode(titlePlaintext, title) }
	return { nonce, ct: await aeadSeal(crypto.subtle, epoch.title(), input) }
}

/** Null for what does not open, or is no title. */
export async function openTitle(
	crypto: Crypto,
	epoch: EpochKeys,
	{ author, nonce, ct }: SealedTitle & { readonly author: Bytes },
): Promise<TitlePlaintext | null> {
	const plain = await aeadOpen(crypto.subtle, epoch.title(), { nonce, aad: titleAad(epoch, author), ciphertext: ct })
	const title = plain === null ? null : decode(titlePlaintext, plain)
	return title?.ok === true ? title.value : null
}
