/**
 * What stands of those who may no longer write: the list that goes beside a cut. The maximum of what the server has and what is
 * stored here, so that a server that forgets cannot have us take words out of people's mouths (protocol.md §2).
 */
import { base64urlToBytes, compareBytes, type Bytes } from '#protocol/bytes.ts'
import type { CutList } from '#protocol/cut.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { keyToPlace, pageKey, under } from '#store/keys.ts'
import type { AccountId, ConversationId, KithError } from './api.ts'
import type { ConversationContext } from './context.ts'
import { toKithError } from './http-errors.ts'

type CutsContext = Pick<ConversationContext, 'http' | 'storage'>

interface Stream {
	readonly device: string
	readonly page: number
	readonly part: number
	readonly clientId: number
	readonly next: number
}

/** Of these accounts; with `devices` (base64url) of those devices alone. */
export async function cutOf(
	context: CutsContext,
	conversation: ConversationId,
	{ accounts, devices }: { accounts: readonly AccountId[]; devices?: ReadonlySet<string> },
): Promise<Result<CutList, KithError>> {
	const streams: Stream[] = []
	for (const account of accounts) {
		const answer = await context.http.call((api) => api.rooms.streams({ conversation, account }))
		if (!answer.ok) return fail(toKithError(answer.error))
		streams.push(...answer.value.streams)
	}
	const named = devices === undefined ? streams : streams.filter(({ device }) => devices.has(device))
	return ok(toList(await Promise.all(named.map((stream) => furthest(context, conversation, stream)))))
}

async function furthest({ storage }: CutsContext, conversation: ConversationId, stream: Stream): Promise<Stream> {
	const { page, part } = stream
	const range = under(pageKey({ conversation, page, part }))
	const keys = await storage.transaction('read', ['events'], (tx) => tx.keys('events', range))
	const clocks = keys
		.map(keyToPlace)
		.filter(({ clientId }) => clientId === stream.clientId)
		.map(({ clock }) => clock + 1)
	return { ...stream, next: Math.max(stream.next, ...clocks) }
}

function toList(streams: readonly Stream[]): CutList {
	const byDevice = [...Map.groupBy(streams, ({ device }) => device)]
	return byDevice
		.map(([device, own]) => ({ device: base64urlToBytes(device) as Bytes, pages: toPages(own) }))
		.sort((a, b) => compareBytes(a.device, b.device))
}

function toPages(streams: readonly Stream[]): CutList[number]['pages'] {
	const byPage = [...Map.groupBy(streams, ({ page, part }) => `${page}.${part}`).values()]
	return byPage
		.map((own) => {
			const { page, part } = own[0] as Stream
			const listed = own.map(({ clientId, next }) => ({ clientId, next }))
			return { page, part, streams: listed.sort((a, b) => a.clientId - b.clientId) }
		})
		.sort((a, b) => a.page - b.page || a.part - b.part)
}
