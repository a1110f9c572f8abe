/**
 * Everything that a copy says of itself, looked into from the document alone: logs under the heads of the server, items by the devices that
 * the logs certify, texts by the keys beside them. What somebody would write who was handed such a file.
 */
import { openWithEventKey } from '#crypto/event-seal.ts'
import { verifyAccountLog, type AccountState } from '#protocol/account-state.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { verifyConversationLog } from '#protocol/conversation-state.ts'
import { cutHash, cutList } from '#protocol/cut.ts'
import { decodeItem } from '#protocol/envelope.ts'
import { headClaim, signedHead } from '#protocol/head.ts'
import { idToText } from '#protocol/ids.ts'
import { judgeItem, verifyItems } from '#protocol/intrinsic.ts'
import { judgeViewOf } from '#protocol/judge-view.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import type { Body } from '#protocol/plaintext.ts'
import { nodeHash, nodeVerify } from './crypto-ports.ts'
import type { Exported } from './export-schema.ts'
import { testCrypto } from './export-crypto.ts'

const raw = (text: string): Bytes => base64urlToBytes(text) as Bytes
function read<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
	if (!result.ok) throw new Error(`not verified: ${JSON.stringify(result.error)}`)
	return result.value
}

async function underHead(text: string | null, serverKey: Bytes, log: { seq: number; hash: Bytes }): Promise<boolean> {
	if (text === null) return false
	const head = read(decode(signedHead, raw(text)))
	if (head.seq !== log.seq || !equalBytes(head.hash, log.hash)) return false
	return (await nodeVerify([headClaim(nodeHash, head, serverKey)]))[0] === true
}

/** eventId → what its author's device signed. Throws for the first thing that is not as it must be. */
export async function verifyExport(exported: Exported): Promise<ReadonlyMap<string, Body>> {
	const crypto = await testCrypto()
	const serverKey = raw(exported.serverKey)
	const accounts = new Map<string, AccountState>()
	for (const { account, log, head } of exported.accounts) {
		const entries = log.map((entry) => read(decode(signedEntry, raw(entry))))
		const state = read(await verifyAccountLog({ entries, hash: nodeHash, verify: nodeVerify }))
		if (idToText(state.idHash) !== account) throw new Error('the log of another account')
		if (head !== null && !(await underHead(head, serverKey, state.head)))
			throw new Error('an account log without its head')
		accounts.set(account, state)
	}
	const bodies = new Map<string, Body>()
	for (const conversation of exported.conversations) {
		const entries = conversation.log.map((entry) => read(decode(signedEntry, raw(entry))))
		const known = (idHash: Uint8Array) => accounts.get(bytesToBase64url(idHash)) ?? null
		const state = read(await verifyConversationLog({ entries, hash: nodeHash, verify: nodeVerify, accounts: known }))
		if (!(await underHead(conversation.head, serverKey, state.head)))
			throw new Error('a conversation log without its head')
		const lists = conversation.cutLists.map((list) => read(decode(cutList, raw(list))))
		const view = judgeViewOf({
			...{ hash: nodeHash, conversation: state },
			device: (deviceId) => {
				for (const { idHash, ...account } of accounts.values()) {
					const device = deviceOf({ idHash, ...account }, deviceId)
					if (device !== null) return { idHash, device }
				}
				return null
			},
			cutList: (hash) => lists.find((list) => equalBytes(cutHash(nodeHash, list), hash)) ?? null,
		})
		for (const one of conversation.pages.flatMap(({ items }) => items)) {
			const item = { clientId: one.clientId, clock: one.clock, content: raw(one.item) }
			const [judgment] = await verifyItems(nodeVerify, [judgeItem(view, { guid: one.guid, item, holder: null })])
			if (judgment?.type !== 'valid' || bytesToBase64url(judgment.event.author) !== one.author)
				throw new Error(`an item that does not stand: ${judgment?.type ?? 'none'}`)
			const decoded = read(decodeItem(item.content))
			if (one.key === null || decoded.form !== 'full') continue
			const about = { conversation: state.id, idHash: judgment.event.author, item: decoded }
			bodies.set(bytesToBase64url(judgment.event.eventId), read(await openWithEventKey(crypto, raw(one.key), about)))
		}
	}
	return bodies
}
