/**
 * A long history, written into a client's store as the client itself would have kept it: real events, sealed under the
 * conversation's own key, in rows sealed under the device's. What it took to receive them is not measured here, so it is left
 * out: no server and no signatures. Runs in Node and in a page alike.
 */
import { epochRow, logRow, markerRow } from '../../src/lib/core/conversation-rows.ts'
import { accountRow } from '../../src/lib/core/account-rows.ts'
import { createEventStore, putEvent, type KnownEvent } from '../../src/lib/core/event-store.ts'
import { createRecords } from '../../src/lib/core/records.ts'
import { deriveEpochKeys, type EpochKeys } from '../../src/lib/crypto/epoch.ts'
import { sealEvent } from '../../src/lib/crypto/event-seal.ts'
import type { StorageWrap } from '../../src/lib/crypto/storage-wrap.ts'
import type { Crypto } from '../../src/lib/crypto/suite.ts'
import type { Bytes } from '../../src/lib/protocol/bytes.ts'
import { encodeItem, type FullItem } from '../../src/lib/protocol/envelope.ts'
import { hlcOf } from '../../src/lib/protocol/hlc.ts'
import { idToText, textToId } from '../../src/lib/protocol/ids.ts'
import { boxKey, conversationRange, markerKey, metaKeys } from '../../src/lib/store/keys.ts'
import type { Storage } from '../../src/lib/store/storage.ts'

export interface FillPorts {
	readonly storage: Storage
	readonly wrap: StorageWrap
	readonly crypto: Crypto
}

/** Posts `from` + 1 to `to`. Every account has its notes too, so the conversation is named. */
export interface FillRange {
	readonly conversation: string
	readonly from: number
	readonly to: number
}

interface Ground {
	readonly conversation: string
	readonly epoch: EpochKeys
	readonly self: Bytes
	readonly other: Bytes
	readonly logSeq: number
}

const postsOfPage = 512
const minute = 60_000

/** Behind the first page of what is there. */
export async function fillHistory(ports: FillPorts, { conversation, from, to }: FillRange): Promise<void> {
	const { storage, wrap, crypto } = ports
	const records = createRecords(storage, wrap)
	const events = createEventStore({ records, storage, hash: crypto.hash })
	const ground = await groundOf(ports, conversation)
	for (let at = from; at < to;) {
		const end = Math.min(to, at - (at % postsOfPage) + postsOfPage)
		const posts = Array.from({ length: end - at }, (_, i) => post(crypto, ground, at + i))
		const known = await Promise.all(posts)
		const rows = await Promise.all(known.map((event, i) => events.seal(event, (at + i) % 3 === 0)))
		await storage.transaction('write-relaxed', ['events'], async (tx) => {
			for (const row of rows) await putEvent(tx, row)
		})
		at = end
	}
	// All of it is read.
	const key = markerKey(ground.conversation, 'read', idToText(ground.self))
	await records.put(markerRow, { store: 'markers', key }, [{ recvSeq: to + 1_000, hlc: hlcOf(Date.now()) }])
}

async function groundOf({ storage, wrap }: FillPorts, conversation: string): Promise<Ground> {
	const records = createRecords(storage, wrap)
	const self = await records.get(accountRow, { store: 'meta', key: metaKeys.account })
	const [other] = await storage.transaction('read', ['friends'], (tx) => tx.keys('friends'))
	if (self === null || other === undefined) throw new Error('nobody talks here')
	const secret = await records.get(epochRow, { store: 'boxes', key: boxKey(conversation, 1) })
	const [id, friend] = [textToId('conversation', conversation), textToId('account', other)]
	if (secret === null || id === null || friend === null) throw new Error('this conversation has no key')
	const log = await records.all(logRow, 'conversationLogs', conversationRange(conversation))
	const epoch = deriveEpochKeys({ conversation: id, n: 1, secret: secret.key })
	return { conversation, epoch, self: self.idHash, other: friend, logSeq: log.length - 1 }
}

async function post(crypto: Crypto, ground: Ground, n: number): Promise<KnownEvent> {
	const author = n % 3 === 0 ? ground.self : ground.other
	const writtenAt = Date.UTC(2024, 0, 1) + n * 3 * minute
	const sealed = await sealEvent(crypto, ground.epoch, {
		idHash: author,
		deviceId: author.slice(0, 16),
		hlc: hlcOf(writtenAt),
		body: {
			...{ kind: 'post', version: 1, writtenAt, prev: null, was: [], text: textOf(n), replyTo: null },
			...{ mentions: [], attachments: [], forwarded: false },
		},
	})
	const clock = n % postsOfPage
	const place = { incarnation: 0, clock, logSeq: ground.logSeq, logHash: new Uint8Array(16) }
	const item: FullItem = {
		...{ form: 'full', head: sealed.head, ct: sealed.ct, place, signature: new Uint8Array(64) },
	}
	const row = { content: encodeItem(item), author, state: 'stored', recv: n + 1_000, sequence: null } as const
	const id = { conversation: ground.conversation, page: 1 + Math.floor(n / postsOfPage), part: 0 }
	return { ...id, clientId: n % 3 === 0 ? 1 : 2, clock, row, item, eventId: sealed.eventId }
}

/** Of all lengths that people write; every fifth with Markdown, some of several lines. */
export function textOf(n: number): string {
	const words = 'the early boat is longer but there is shade most of the way and we take the good stove with us'.split(
		' ',
	)
	const length = 2 + ((n * 7_919) % 23)
	const text = Array.from({ length }, (_, i) => words[(n + i * 5) % words.length]).join(' ')
	if (n % 20 === 7) return `Message ${n + 1}:\n\n- ${text}\n- **and more**\n\n\`\`\`\nconst tide = ${n}\n\`\`\``
	return n % 5 === 0 ? `Message ${n + 1}: *${text}*, https://ferries.example/${n}` : `Message ${n + 1}: ${text}`
}
