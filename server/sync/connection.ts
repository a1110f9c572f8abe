/**
 * Runs the machine of connection-state.ts on one socket: turns bytes into events, performs effects, and sends: hub
 * messages, acks of a commit in one frame, big answers one after the other. A reader who is too slow is let go.
 */
import { base64urlToBytes, bytesToBase64url, bytesToUtf8, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { decodeFrame, hubChannel, type Frame } from '#protocol/frames.ts'
import { hubFromClient, type Ack, type HubFromClient, type HubFromServer } from '#protocol/hub.ts'
import type { Uploader } from '#server/domain/events/api.ts'
import {
	started,
	step,
	type ConnectionEffect,
	type ConnectionEvent,
	type ConnectionState,
	type LiveMessage,
	type Peer,
	type ProofClaim,
} from './connection-state.ts'
import { connectionPresence } from './account-presence.ts'
import type { Knock } from './addresses.ts'
import { Answers } from './answers.ts'
import { hubFrame, type PageFrame, type WireBytes } from './frames.ts'
import { answerHub } from './hub-requests.ts'
import { stillVisits } from './guests.ts'
import { frameCost, socketLimits } from './limits.ts'
import type { SyncNode } from './node.ts'
import { receivePageMessage, type Talker } from './page-traffic.ts'
import { leaveAll } from './presence.ts'
import { holderOf, prove, renew } from './prove.ts'
import { Reading } from './reading.ts'
import type { Channel, Follower } from './rooms.ts'
import { closeCodeOf, type Wire } from './wire.ts'

const nobody: Peer = { account: '', device: '', sid: '', isGuest: false }

export class Connection implements Talker, Follower {
	readonly id: string
	/** Spreads the keep-alive over time. */
	readonly number: number
	readonly node: SyncNode
	/** Conversations in which it listens, base64url; kept by hub-requests.ts and presence.ts. */
	readonly conversations = new Set<string>()
	/** Groups in which members who are no friends may reach its device, base64url. */
	fellowGroups: ReadonlySet<string> = new Set()
	/** Kept by account-presence.ts. */
	readonly presence = connectionPresence()
	/** When something was heard last, ms. */
	heardAt: number
	readonly #wire: Wire
	readonly #knock: Knock
	readonly #reading: Reading
	/** Made when first needed: most of the time a device asks for nothing. */
	#answers: Answers | null = null
	#state: ConnectionState
	#peer = nobody
	#uploader: Uploader | null = null
	#expiresAt = 0
	#acks: Ack[] = []
	#hub: Promise<void> = Promise.resolve()
	#cancelDeadline: (() => void) | null

	constructor(node: SyncNode, wire: Wire, knock: Knock) {
		this.number = node.nextNumber()
		this.id = `${node.name}.${this.number}`
		this.node = node
		node.connections.add(this)
		node.strangers.add(this)
		this.#wire = wire
		this.#knock = knock
		this.#reading = new Reading(node, wire)
		this.#state = started(node.domain.random(32))
		this.heardAt = node.domain.clock()
		const late = (): void => this.dispatch({ type: 'limit', code: 'too-late' })
		this.#cancelDeadline = node.timers.after(socketLimits.handshakeMs, late)
	}

	get account(): string {
		return this.#peer.account
	}

	get device(): string {
		return this.#peer.device
	}

	get sid(): string {
		return this.#peer.sid
	}

	get isGuest(): boolean {
		return this.#peer.isGuest
	}

	get isLive(): boolean {
		return this.#state.type === 'live'
	}

	get isOpen(): boolean {
		return this.#state.type !== 'closed'
	}

	/** Made when first needed, as nobody uploads before a proof. */
	get uploader(): Uploader {
		const { account, device } = this.#peer
		this.#uploader ??= {
			account: base64urlToBytes(account) as Bytes,
			device: base64urlToBytes(device) as Bytes,
			connection: this.id,
			mayWrite: this.#peer.isReader !== true,
		}
		return this.#uploader
	}

	dispatch(event: ConnectionEvent): void {
		const { state, effects } = step(this.#state, event)
		this.#state = state
		for (const effect of effects) this.#perform(effect)
		if (state.type === 'closed') this.#gone()
	}

	#perform(effect: ConnectionEffect): void {
		switch (effect.type) {
			case 'challenge':
				return this.#challenge(effect.serverNonce)
			case 'check-proof':
				return this.#check(this.#prove(effect.claim))
			case 'check-token':
				return this.#check(this.#renew(effect.accessToken, effect.peer))
			case 'enter':
				return this.#enter()
			case 'expire-at':
				this.#expiresAt = effect.at
				return
			case 'hub':
				return this.#ask(effect.message)
			case 'frame':
				return this.#page(effect.frame)
			case 'leave':
				return leaveAll(this.node, this)
			case 'close':
				return this.#wire.close(closeCodeOf(effect.code))
		}
	}

	#gone(): void {
		this.#cancelDeadline?.()
		this.#cancelDeadline = null
		this.#knock.gone()
		this.node.connections.delete(this)
		this.node.strangers.delete(this)
		this.node.live.remove(this)
		this.node.roomPresence.gone(this)
		this.node.directory.unwatch(this)
		if (this.isGuest) return
		this.node.presence.changed(this)
		this.node.devices.changed(this)
	}

	#challenge(serverNonce: Bytes): void {
		const { instance, clock } = this.node.domain
		const [nonce, serverKey, instanceEpoch] = [serverNonce, instance.serverKey, instance.epoch].map(bytesToBase64url)
		this.tell({ t: 'challenge', serverNonce: nonce, serverKey, instanceEpoch, time: clock() } as HubFromServer)
	}

	#enter(): void {
		this.#cancelDeadline?.()
		this.#cancelDeadline = null
		this.node.strangers.delete(this)
		this.#knock.proven()
		this.tell({ t: 'welcome', time: this.node.domain.clock() })
		if (this.isGuest) return
		this.node.presence.changed(this)
		this.node.devices.changed(this)
	}

	/** A failure of ours ends the connection: the client comes back. */
	#check(work: Promise<void>): void {
		work.catch((error: unknown) => {
			// Who has gone, or is told to, is checked for nobody.
			if (!this.isOpen) return
			this.node.domain.log.error('socket-check-failed', { error })
			this.dispatch({ type: 'ended', code: 'internal' })
		})
	}

	/** Listed before the session is asked for a second time: an end that comes in between is not missed. */
	async #prove(claim: ProofClaim): Promise<void> {
		const { domain, live } = this.node
		const access = await prove(domain, claim)
		if (!access.ok) return this.dispatch({ type: 'ended', code: access.error.type })
		if (!this.isOpen) return
		const { account, device, sid, expiresAt, role } = access.value
		const isReader = 'scopes' in access.value && access.value.scopes?.includes('write') === false
		const ids = { account: bytesToBase64url(account), device: bytesToBase64url(device), sid }
		this.#peer = { ...ids, isGuest: role === 'guest', isReader }
		if (live.countOf(this) >= socketLimits.perDevice) return this.dispatch({ type: 'ended', code: 'rate-limited' })
		live.add(this)
		const again = await holderOf(domain, claim.accessToken)
		if (!again.ok) return this.dispatch({ type: 'ended', code: again.error.type })
		this.dispatch({ type: 'proven', peer: this.#peer, expiresAt })
	}

	async #renew(accessToken: string, peer: Peer): Promise<void> {
		const renewed = await renew(this.node.domain, accessToken, peer)
		this.dispatch(
			renewed.ok ? { type: 'renewed', expiresAt: renewed.value } : { type: 'ended', code: renewed.error.type },
		)
	}

	/** One message of the socket. */
	receive(bytes: Uint8Array): void {
		this.heardAt = this.node.domain.clock()
		if (!this.isOpen) return
		if (this.isLive) this.charge(frameCost(bytes.length))
		const frame = decodeFrame(bytes)
		this.dispatch(frame.ok ? eventOf(frame.value) : { type: 'malformed' })
	}

	#page({ channel: number, payload }: Frame): void {
		const channel = this.node.rooms.channel(number)
		// A number that means nothing to this client: most likely closed while the frame was on its way.
		if (channel !== null && this.node.rooms.hears(this, channel)) receivePageMessage(this, channel, payload)
	}

	offend(code: 'malformed'): void {
		this.dispatch({ type: code })
	}

	warn(code: WireErrorCode, guid: string): void {
		this.tell({ t: 'error', code, about: guid })
	}

	expelled(channels: readonly Channel[], code: WireErrorCode): void {
		for (const { guid } of channels) this.tell({ t: 'closed', guid, code })
	}

	charge(cost: number): void {
		this.#reading.charge(this.device, cost)
	}

	uploadBegins(bytes: number): void {
		this.#reading.uploadBegins(bytes)
	}

	/** All verdicts of one commit leave in one frame, or in as many as they need. */
	uploadEnds(bytes: number, acks: readonly Ack[]): void {
		this.#reading.uploadEnds(bytes)
		if (acks.length === 0) return
		if (this.#acks.length === 0) queueMicrotask(() => this.#sendAcks())
		this.#acks.push(...acks)
	}

	#sendAcks(): void {
		const acks = this.#acks
		this.#acks = []
		for (let from = 0; from < acks.length; from += socketLimits.acksPerFrame)
			this.tell({ t: 'acks', acks: acks.slice(from, from + socketLimits.acksPerFrame) })
	}

	#ask(message: LiveMessage): void {
		// In the order of asking: an unfollow never overtakes its follow.
		this.#hub = this.#hub.then(async () => {
			if (!this.isLive) return
			await answerHub(this, message).catch((error: unknown) => this.fail(error))
		})
	}

	/** A failure of ours in one request ends the connection: the client comes back, and asks for everything again. */
	fail(error: unknown): void {
		this.node.domain.log.error('socket-request-failed', { error })
		this.dispatch({ type: 'ended', code: 'internal' })
	}

	/** Beyond what a guest may read a minute he comes back later. */
	async mayAsk(): Promise<boolean> {
		if (!this.isGuest) return true
		const more = await this.node.domain.guests.mayReadMore(this.sid)
		if (!more.ok) this.dispatch({ type: 'ended', code: more.error.type })
		return more.ok
	}

	answer(give: () => Promise<Iterable<PageFrame>>): void {
		this.#answers ??= new Answers({
			wire: this.#wire,
			isLive: () => this.isLive,
			send: (frame) => this.#answered(frame),
			overrun: () => this.dispatch({ type: 'ended', code: 'rate-limited' }),
			fail: (error) => this.fail(error),
		})
		this.#answers.add(give)
	}

	#answered({ mux }: PageFrame): void {
		this.charge(frameCost(mux.length))
		this.send(mux)
	}

	hear(frame: PageFrame): void {
		this.send(frame.mux)
	}

	tell(message: HubFromServer): void {
		this.send(hubFrame(message))
	}

	send(bytes: WireBytes): void {
		if (!this.isOpen) return
		this.#wire.send(bytes)
		if (this.#wire.unsent() > socketLimits.sendBufferMax) this.dispatch({ type: 'ended', code: 'slow-reader' })
	}

	/** Every 20 s: is anybody there, with a token that still holds? */
	checkUp(now: number): void {
		if (now - this.heardAt > socketLimits.silenceMs) {
			this.#wire.terminate()
			return this.dispatch({ type: 'socket-closed' })
		}
		if (now > this.#expiresAt + socketLimits.tokenGraceMs)
			return this.dispatch({ type: 'ended', code: 'unauthenticated' })
		if (this.isGuest && !stillVisits(this)) return this.dispatch({ type: 'ended', code: 'guest-ended' })
		this.#wire.ping()
	}
}

function eventOf(frame: Frame): ConnectionEvent {
	if (frame.channel !== hubChannel) return { type: 'frame', frame }
	const message = parseHub(frame.payload)
	return message === null ? { type: 'malformed' } : { type: 'hub', message }
}

function parseHub(payload: Bytes): HubFromClient | null {
	try {
		return hubFromClient(JSON.parse(bytesToUtf8(payload))) ?? null
	} catch {
		return null
	}
}
