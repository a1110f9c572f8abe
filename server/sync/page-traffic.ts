/** The y-websocket protocol on one page, from a proven client. Nothing is relayed as bytes. */
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Ack } from '#protocol/hub.ts'
import { AWARENESS_MAX_MEMBERS } from '#protocol/limits.ts'
import { decodePageMessage, type AwarenessState, type PageMessage, type StateVector } from '#protocol/page-messages.ts'
import type { PageUpdate } from '#protocol/page-codec.ts'
import type { Uploader } from '#server/domain/events/api.ts'
import { Awareness } from './awareness.ts'
import { answerFrames, pageFrame, type PageFrame } from './frames.ts'
import type { SyncNode } from './node.ts'
import { broadcast, tellElsewhere } from './presence.ts'
import type { Channel, Listener } from './rooms.ts'

/** A client that speaks on pages, over whatever socket. */
export interface Talker extends Listener {
	readonly node: SyncNode
	readonly uploader: Uploader
	/** It said what nobody may say. */
	offend(code: 'malformed'): void
	/** It said what is not for it to say; said to it, and passed over. */
	warn(code: WireErrorCode, guid: string): void
	/** Rows cost; false where no more are given now, and it has been told. */
	mayAsk(): Promise<boolean>
	/** A big answer, when those before have left. */
	answer(give: () => Promise<Iterable<PageFrame>>): void
	/** `bytes` of items are on their way to a verdict. */
	uploadBegins(bytes: number): void
	uploadEnds(bytes: number, acks: readonly Ack[]): void
	/** A failure of ours. */
	fail(error: unknown): void
}

export function receivePageMessage(talker: Talker, channel: Channel, payload: Uint8Array): void {
	const message = decodePageMessage(payload)
	if (!message.ok) return talker.offend('malformed')
	if (talker.isGuest) return readAsGuest(talker, channel, message.value)
	switch (message.value.type) {
		case 'step1':
			return answer(talker, channel, message.value.vector)
		case 'step2':
		case 'update':
			return upload(talker, channel, message.value)
		case 'awareness':
			return relay(talker, channel, message.value.states)
		case 'query-awareness':
			return talker.hear(pageFrame(channel.number, { type: 'awareness', states: channel.awareness?.states() ?? [] }))
		case 'auth':
			return
	}
}

/** A guest asks for rows, and nothing else: what he writes is stored nowhere, and said to nobody (GST5). */
function readAsGuest(talker: Talker, channel: Channel, message: PageMessage): void {
	if (message.type === 'step1') return answer(talker, channel, message.vector)
	if (message.type === 'query-awareness')
		return talker.hear(pageFrame(channel.number, { type: 'awareness', states: [] }))
	const isEmpty = 'items' in message && message.items.length === 0 && (message.strays ?? []).length === 0
	const isGoodbye = message.type === 'awareness' && message.states.every(({ state }) => state === 'null')
	if (!isEmpty && !isGoodbye && message.type !== 'auth') talker.warn('forbidden', channel.guid)
}

function answer(talker: Talker, channel: Channel, vector: StateVector): void {
	talker.answer(async () => {
		if (!(await talker.mayAsk())) return []
		const items = await talker.node.domain.pages.missing(channel.address, vector)
		return talker.node.rooms.hears(talker, channel) ? answerFrames(channel.number, items) : []
	})
}

/** Delete sets, GC and Skip in an update are neither errors nor news. */
function upload(talker: Talker, { guid, address }: Channel, { items, strays }: PageUpdate): void {
	if (items.length === 0 && strays.length === 0) return
	const bytes = items.reduce((sum, { content }) => sum + content.length, 0)
	talker.uploadBegins(bytes)
	talker.node.domain.events.submit({
		guid,
		address,
		items,
		strays,
		uploader: talker.uploader,
		settle: ({ acks }) => talker.uploadEnds(bytes, acks),
	})
}

/** Values are sealed; above 50 members nobody is named, and of two who are no friends nothing is told. */
function relay(talker: Talker, channel: Channel, states: readonly AwarenessState[]): void {
	void relayIfSmall(talker, channel, states).catch((error: unknown) => talker.fail(error))
}

async function relayIfSmall(talker: Talker, channel: Channel, states: readonly AwarenessState[]): Promise<void> {
	const { domain, rooms } = talker.node
	const state = await domain.conversationStates.get(channel.address.conversation)
	if (state === null || state.members.size > AWARENESS_MAX_MEMBERS) return
	const { friends } = await domain.friendships.standing(state)
	if (!rooms.hears(talker, channel)) return
	if (!friends) {
		if (states.some((said) => said.state !== 'null')) talker.warn('not-friends', channel.guid)
		return
	}
	channel.awareness ??= new Awareness()
	const { accepted, foreign } = channel.awareness.hear(talker, states)
	if (foreign) talker.warn('forbidden', channel.guid)
	if (accepted.length === 0) return
	const frame = pageFrame(channel.number, { type: 'awareness', states: accepted })
	broadcast(talker.node, channel, { frame, except: talker })
	tellElsewhere(talker.node, channel, { device: talker.device, states: accepted })
}
