/** Reports sealed to the owners and admins of a conversation (SPEC RPT6): one key, in a box for each of them. */
import type { Box } from '#protocol/box.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { reportAad, sealedReport } from '#protocol/report.ts'
import { aeadOpen, aeadSeal, keyLength, nonceLength } from './aead.ts'
import { openReportBox, sealReportBox, type AccountKeyOwner } from './boxes.ts'
import type { BoxTarget } from './conversation-builder.ts'
import type { HpkePrivateKey } from './hpke.ts'
import type { Crypto } from './suite.ts'

export interface SealedForAdmins {
	/** `sealedReport` of report.ts. */
	readonly sealed: Bytes
	readonly boxes: readonly { readonly idHash: Bytes; readonly g: number; readonly box: Box }[]
}

/** `report`: a signed report, encoded. */
export async function sealReport(
	crypto: Crypto,
	{ conversation, report, admins }: { conversation: Bytes; report: Bytes; admins: readonly BoxTarget[] },
): Promise<SealedForAdmins> {
	const [key, nonce] = [crypto.random(keyLength), crypto.random(nonceLength)]
	const ct = await aeadSeal(crypto.subtle, key, { nonce, aad: reportAad(conversation), plaintext: report })
	const boxes = await Promise.all(
		admins.map(async ({ idHash, g, accountKey }) => {
			const box = await sealReportBox(crypto, { idHash, g, publicKey: accountKey }, { conversation, key })
			return { idHash, g, box }
		}),
	)
	return { sealed: encode(sealedReport, { nonce, ct }), boxes }
}

/** The signed report, encoded. Null for what is for somebody else, of another conversation, or damaged. */
export async function openSealedReport(
	crypto: Crypto,
	by: AccountKeyOwner & HpkePrivateKey,
	{ conversation, sealed, box }: { conversation: Bytes; sealed: Bytes; box: Box },
): Promise<Bytes | null> {
	const inside = decode(sealedReport, sealed)
	const key = await openReportBox(by, { conversation, box })
	if (!inside.ok || !key.ok) return null
	const { nonce, ct } = inside.value
	return aeadOpen(crypto.subtle, key.value, { nonce, aad: reportAad(conversation), ciphertext: ct })
}
