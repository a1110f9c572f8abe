/**
 * One connected device: hello, proof, and then both tell what they have and take what they lack. Frames are worked off one after
 * the other, through the same checks as what the server sends; what no honest device says ends the session and bars the device.
 *
 *   greeting ─hello→ proving ─proof→ ready ─┐
 *      any ─offence | flood | late→ barred  ←┘
 */
import { base64urlToBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { idToText, textToId } from '#protocol/ids.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import { decodePeerFrame, encodePeerFrame, type PeerFrame } from '#protocol/peer-frames.ts'
import type { LinkListener, PeerLink } from '#sync/peers/links.ts'
import type { ConversationId } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import { eventToPageItem, type KnownEvent } from '../event-store.ts'
import { pageToGuid } from '../page-names.ts'
import { createAccountTalk } from './account-talk.ts'
import type { PeerDoor } from './door.ts'
import { createBlobAsks, type BlobAsks } from './blob-asks.ts'
import { createBlobGives, type BlobGives } from './blob-gives.ts'
import { createBoxTalk } from './box-talk.ts'
import { createExchange, type Exchange } from './exchange.ts'
import { createFlow, type Flow } from './flow.ts'
import { peerLimits } from './limits.ts'
import { Offence } from './offence.ts'
import { createPageTalk, type PageTalk } from './page-talk.ts'
import { isProven, prove, type Hello, type Parties, type Proof } from './proof.ts'

export interface PeerSession extends LinkListener {
	readonly peer: PeerLink
	/** Both have named it, and both may read it now. */
	readonly names: (conversation: ConversationId) => boolean
	/** Rows that the device may lack. */
	readonly tell: (conversation: ConversationId, rows: readonly KnownEvent[]) => void
	/** A log has grown: perhaps both may read more than they named. */
	readonly renew: () => void
	/** Whole pages of it have come: what else the device has is asked for now. */
	readonly filled: (conversation: ConversationId) => void
	/** This device came to the server, or lost it. */
	readonly moved: () => void
	/** The other has no server now. */
	readonly isAlone: () => boolean
	readonly blobs: BlobTalk
	/** Whole pages, of a device of the same account. */
	readonly askPage: PageTalk['ask']
	/** It gave what no honest device has. */
	readonly bar: () => void
}

/** Of files, both ways. */
export type BlobTalk = Pick<BlobAsks, 'source'> & Pick<BlobGives, 'moved'>

export interface SessionDeps {
	readonly context: ConversationContext
	/** Conversations that both may read. */
	readonly shared: (account: string) => readonly ConversationId[]
	/** Both may read it now. */
	readonly mayShare: (account: string, conversation: ConversationId) => boolean
	/** There is room for this device among those with which the conversation is synced. */
	readonly hasRoom: (session: PeerSession, conversation: ConversationId) => boolean
	readonly door: (conversation: ConversationId) => Promise<PeerDoor | null>
	readonly isOnline: () => boolean
	/** Whole pages of it come now. */
	readonly isFilling: (conversation: ConversationId) => boolean
	/** Proven, and may be talked to. */
	readonly ready: (session: PeerSession) => void
	/** Both have named something, or more than before. */
	readonly named: () => void
	readonly ended: (session: PeerSession) => void
	/** On the disk of the other. */
	readonly taken: (guid: string, places: readonly Pick<PageItem, 'clientId' | 'clock'>[]) => void
}

type State =
	| { readonly type: 'greeting' }
	| { readonly type: 'proving'; readonly theirs: Hello }
	| {
			readonly type: 'ready'
			readonly parties: Parties
			readonly named: Named
			readonly shared: ReadonlySet<ConversationId>
	  }
	| { readonly type: 'ended' }

/** Conversations that each side has signed. */
interface Named {
	readonly ours: readonly Bytes[]
	readonly theirs: readonly Bytes[]
}

export function createPeerSession(deps: SessionDeps, link: PeerLink): PeerSession {
	const { context, isOnline } = deps
	const { self, crypto, accounts, timers, failed } = context
	const ours: Hello = { t: 'hello', idHash: self.idHash, device: self.deviceId, nonce: crypto.random(16) }
	let state: State = { type: 'greeting' }
	let isAlone = false
	const send = (frame: PeerFrame) => transmit(encodePeerFrame(frame))
	const transmit = (frame: Bytes) => {
		if (state.type !== 'ended') link.channel.send(frame)
	}
	const isNamed = (conversation: ConversationId) => state.type === 'ready' && state.shared.has(conversation)
	const names = (conversation: ConversationId) => isNamed(conversation) && deps.mayShare(link.account, conversation)
	const shares = (conversation: ConversationId) => names(conversation) && deps.hasRoom(session, conversation)
	const isFull = () => link.channel.buffered() > peerLimits.unsentMax
	const boxes = createBoxTalk({ context, isNamed, shares, send, account: link.account })
	const people = createAccountTalk({
		...{ context, isNamed, shares, transmit },
		met: (conversation) => exchange.askAgain(conversation),
	})
	const exchange: Exchange = createExchange({
		...{ wantBoxes: boxes.want, wantDevices: people.want },
		...{ context, isNamed, shares, transmit, isFull, device: link.device },
		...{ door: deps.door, taken: deps.taken, isFilling: deps.isFilling },
	})

	const blobAsks = createBlobAsks({
		...{ device: link.device, timers, send, bar },
		expect: (bytes, frames) => flow.expect(bytes, frames),
	})
	const blobGives = createBlobGives({
		...{ isNamed, shares, timers, send, buffered: link.channel.buffered },
		...{ holding: context.files.holding, failed: broke },
	})

	const pages = createPageTalk({
		...{ isNamed, shares, timers, send, door: deps.door, failed: broke, isOwn: link.account === self.account },
		buffered: link.channel.buffered,
		expect: (bytes, frames) => flow.expect(bytes, frames),
	})

	function offered(): readonly Bytes[] {
		return deps.shared(link.account).flatMap((id) => textToId('conversation', id) ?? [])
	}

	/** What the offerer named before it knew the other. */
	let named: readonly Bytes[] = []

	async function greeted(hello: Hello): Promise<void> {
		const isWhom = idToText(hello.idHash) === link.account && idToText(hello.device) === link.device
		if (!isWhom) throw new Offence('another device than was signalled')
		state = { type: 'proving', theirs: hello }
		if (!link.offered) return
		named = offered()
		send(await prove(context, { link, ours, theirs: hello }, named))
	}

	async function mustProve(parties: Parties, proof: Proof): Promise<void> {
		const known = accounts.known(link.account)
		if (known !== null && (await isProven(context, parties, { proof, account: known }))) return
		// A device that is newer than our knowledge of its account.
		await accounts.refresh(link.account)
		const account = accounts.known(link.account)
		if (account === null || !(await isProven(context, parties, { proof, account }))) throw new Offence('not proven')
	}

	/** Tells what we have of what is shared since now. */
	async function share(parties: Parties, signed: Named): Promise<void> {
		if (state.type === 'ended') return
		const isFirst = state.type !== 'ready'
		const before = state.type === 'ready' ? state.shared : new Set<ConversationId>()
		const theirs = new Set(signed.theirs.map(idToText))
		const shared = new Set(signed.ours.map(idToText).filter((id) => theirs.has(id)))
		state = { type: 'ready', parties, named: signed, shared }
		if (isFirst) deps.ready(session)
		if (isFirst || shared.size > before.size) deps.named()
		for (const conversation of shared) if (!before.has(conversation)) await exchange.tellHeads(conversation)
	}

	/** With more than was named before; nothing that was named is taken back: who may read is asked each time. */
	async function renew(): Promise<void> {
		if (state.type !== 'ready') return
		const { parties, named: before } = state
		const isNew = (id: Bytes) => !before.ours.some((one) => equalBytes(one, id))
		const ours = [...before.ours, ...offered().filter(isNew)]
		if (ours.length === before.ours.length) return
		send(await prove(context, parties, ours))
		await share(parties, { ...before, ours })
	}

	async function proved(hello: Hello, proof: Proof): Promise<void> {
		const parties = { link, ours, theirs: hello }
		await mustProve(parties, proof)
		if (!link.offered) {
			named = offered()
			send(await prove(context, parties, named))
		}
		cancelDeadline()
		send({ t: 'status', online: isOnline() })
		await share(parties, { ours: named, theirs: proof.conversations })
		// Meanwhile something may have begun.
		await renew()
	}

	async function provedMore(proof: Proof): Promise<void> {
		if (state.type !== 'ready') return
		const { parties } = state
		await mustProve(parties, proof)
		await share(parties, { ...state.named, theirs: proof.conversations })
	}

	async function tellAllHeads(): Promise<void> {
		if (state.type !== 'ready') return
		for (const conversation of state.shared) await exchange.tellHeads(conversation)
	}

	async function moved(): Promise<void> {
		if (state.type !== 'ready') return
		send({ t: 'status', online: isOnline() })
		// What waits for its ack may be nowhere yet.
		if (!isOnline()) await tellAllHeads()
	}

	async function work(frame: PeerFrame): Promise<void> {
		switch (state.type) {
			case 'greeting':
				if (frame.t !== 'hello') throw new Offence('out of turn')
				return greeted(frame)
			case 'proving':
				if (frame.t !== 'proof') throw new Offence('out of turn')
				return proved(state.theirs, frame)
			case 'ready':
				return spoken(frame)
			case 'ended':
				return
		}
	}

	async function spoken(frame: PeerFrame): Promise<void> {
		switch (frame.t) {
			case 'hello':
				throw new Offence('out of turn')
			case 'proof':
				return provedMore(frame)
			case 'status':
				isAlone = !frame.online
				// What went to it by the server may not have come.
				return isAlone ? tellAllHeads() : undefined
			case 'askBoxes':
				return boxes.hearAsk(frame)
			case 'box':
				return boxes.hearBox(frame)
			case 'askBlob':
				return blobGives.hearAsk(frame)
			case 'leaveBlob':
				return blobGives.hearLeave(frame)
			case 'askChunk':
				return blobGives.hearAskChunk(frame)
			case 'blob':
				return blobAsks.hearBlob(frame)
			case 'chunk':
				return blobAsks.hearChunk(frame)
			case 'askDevice':
				return people.hearAsk(frame)
			case 'account':
				return people.hearAccount(frame)
			case 'askPage':
				return pages.hearAsk(frame)
			case 'rows':
				return pages.hearRows(frame)
			default:
				return exchange.hear(frame)
		}
	}

	function end(): void {
		if (state.type === 'ended') return
		state = { type: 'ended' }
		cancelDeadline()
		blobGives.end()
		deps.ended(session)
		blobAsks.end()
		pages.end()
	}

	function bar(): void {
		if (state.type === 'ended') return
		end()
		link.bar(peerLimits.barMs)
	}

	function broke(error: unknown): void {
		if (error instanceof Offence) return bar()
		failed('peer-session', error)
		link.close()
	}

	const flow: Flow = createFlow({
		now: context.time.now,
		work: async (message) => {
			const frame = decodePeerFrame(message)
			if (!frame.ok) return bar()
			await work(frame.value)
		},
		failed: broke,
		flooded: bar,
	})

	const cancelDeadline = timers.after(peerLimits.proveWithinMs, () => link.close())

	const session: PeerSession = {
		peer: link,
		names,
		isAlone: () => isAlone,
		blobs: { source: blobAsks.source, moved: blobGives.moved },
		askPage: pages.ask,
		bar,
		tell: (conversation, rows) => {
			if (!shares(conversation) || isFull()) return
			for (const [guid, here] of Map.groupBy(rows, pageToGuid)) exchange.tellItems(guid, here.map(eventToPageItem))
		},
		renew: () => flow.run(renew),
		filled: (conversation) => flow.run(() => (isNamed(conversation) ? exchange.ask(conversation) : Promise.resolve())),
		moved: () => flow.run(moved),
		received: (message) => {
			context.received.devices += message.length
			flow.received(message)
		},
		closed: end,
	}
	send(ours)
	return session
}

/** Of a link that names nobody. */
export function isAddress({ account, device }: { account: string; device: string }): boolean {
	return base64urlToBytes(account)?.length === 32 && base64urlToBytes(device)?.length === 16
}
