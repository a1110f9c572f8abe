/**
 * A stock y-websocket client on one page, let in by a ticket (SPEC WIRE11, WIRE12): bare messages of its protocol, no hub.
 * It reads live. What it writes is judged as anybody's; what is refused is said once, and nothing that is sent here makes
 * a provider send the same again: its state vector is asked for only when something was placed.
 */
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import { errorAnswers } from '#protocol/error-answers.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import type { PageAddress } from '#protocol/guid.ts'
import type { Ack } from '#protocol/hub.ts'
import type { Uploader } from '#server/domain/events/api.ts'
import type { TicketHolder } from '#server/domain/tickets.ts'
import type { Knock } from './addresses.ts'
import { Answers } from './answers.ts'
import { pageFrame, type PageFrame, type WireBytes } from './frames.ts'
import { greet } from './hub-requests.ts'
import { frameCost, socketLimits } from './limits.ts'
import type { SyncNode } from './node.ts'
import { receivePageMessage, type Talker } from './page-traffic.ts'
import { leaveAll } from './presence.ts'
import { Reading } from './reading.ts'
import type { Channel } from './rooms.ts'
import { closeCodeOf, type Wire } from './wire.ts'

export interface StockEntry {
	readonly holder: TicketHolder
	readonly address: PageAddress
	readonly knock: Knock
}

type Refused = Extract<Ack, { verdict: 'refuse' }>

export class StockClient implements Talker {
	readonly id: string
	/** Spreads the keep-alive over time. */
	readonly number: number
	readonly node: SyncNode
	readonly account: string
	/** A guest gets no ticket. */
	readonly isGuest = false
	readonly device: string
	readonly sid: string
	readonly conversations = new Set<string>()
	/** When something was heard last, ms. */
	heardAt: number
	readonly #holder: TicketHolder
	readonly #channel: Channel
	readonly #knock: Knock
	readonly #wire: Wire
	readonly #reading: Reading
	readonly #answers: Answers
	/** Places that were refused, "clientID.clock", each said once. */
	readonly #refused = new Set<string>()
	#checkedAt: number
	#isOpen = true

	/** Listed, and in the page's room, from now on. */
	constructor(node: SyncNode, wire: Wire, { holder, address, knock }: StockEntry) {
		this.number = node.nextNumber()
		this.id = `${node.name}.${this.number}`
		this.node = node
		this.account = holder.account
		this.device = holder.device
		this.sid = holder.sid
		this.heardAt = this.#checkedAt = node.domain.clock()
		this.#holder = holder
		this.#knock = knock
		this.#wire = wire
		this.#reading = new Reading(node, wire)
		this.#answers = new Answers({
			wire,
			isLive: () => this.isLive,
			send: (frame) => this.#answered(frame),
			overrun: () => this.end('rate-limited'),
			fail: (error) => this.fail(error),
		})
		this.#channel = node.rooms.open(this, address)
		this.conversations.add(this.#channel.room.key)
		node.stockClients.add(this)
		node.stock.add(this)
	}

	/** Looks once more, now that it is listed: an end that came in between is not missed. Nothing is read before. */
	async begin(): Promise<void> {
		this.#wire.pause()
		try {
			if (this.node.stock.countOf(this) > socketLimits.stockPerDevice) return this.end('rate-limited')
			if (!(await this.#stillHolds())) return
			this.#knock.proven()
			await greet({ node: this.node, listener: this }, this.#channel)
			this.#wire.resume()
		} catch (error) {
			this.fail(error)
		}
	}

	async #stillHolds(): Promise<boolean> {
		this.#checkedAt = this.node.domain.clock()
		const checked = await this.node.domain.tickets.check(this.#holder, this.#channel.guid)
		if (!checked.ok) this.end(checked.error.type)
		return this.#isOpen
	}

	get isLive(): boolean {
		return this.#isOpen
	}

	get uploader(): Uploader {
		const [account, device] = [this.account, this.device].map(base64urlToBytes) as [Bytes, Bytes]
		return { account, device, connection: this.id }
	}

	mayAsk(): Promise<boolean> {
		return Promise.resolve(true)
	}

	/** One message of the socket. */
	receive(bytes: Uint8Array): void {
		this.heardAt = this.node.domain.clock()
		if (!this.#isOpen) return
		this.#reading.charge(this.device, frameCost(bytes.length))
		receivePageMessage(this, this.#channel, bytes)
	}

	end(code: WireErrorCode): void {
		if (!this.#isOpen) return
		this.gone()
		this.#wire.close(closeCodeOf(code))
	}

	/** Out of every list and room. */
	gone(): void {
		if (!this.#isOpen) return
		this.#isOpen = false
		leaveAll(this.node, this)
		this.node.stockClients.delete(this)
		this.node.stock.remove(this)
		this.#knock.gone()
	}

	offend(code: 'malformed'): void {
		this.end(code)
	}

	/** Its echoes are no offence, and there is no word for them in its protocol. */
	warn(): void {}

	fail(error: unknown): void {
		this.node.domain.log.error('socket-request-failed', { error })
		this.end('internal')
	}

	/** One page is all that it hears. */
	expelled(_channels: readonly Channel[], code: WireErrorCode): void {
		this.end(code)
	}

	answer(give: () => Promise<Iterable<PageFrame>>): void {
		this.#answers.add(give)
	}

	#answered({ stock }: PageFrame): void {
		this.#reading.charge(this.device, frameCost(stock.length))
		this.#send(stock)
	}

	uploadBegins(bytes: number): void {
		this.#reading.uploadBegins(bytes)
	}

	uploadEnds(bytes: number, acks: readonly Ack[]): void {
		this.#reading.uploadEnds(bytes)
		if (!this.#isOpen) return
		const news = acks.filter((ack) => ack.verdict === 'refuse').filter((ack) => this.#isNews(ack))
		for (const code of new Set(news.map(({ code }) => code))) this.#deny(code)
		if (acks.some(({ verdict }) => verdict === 'accept' || verdict === 'duplicate')) this.#showVector()
	}

	#isNews({ clientId, clock }: Refused): boolean {
		const place = `${clientId}.${clock}`
		if (this.#refused.has(place)) return false
		if (this.#refused.size < socketLimits.stockRefusals) this.#refused.add(place)
		return true
	}

	/** y-protocols' auth message: a stock provider writes the reason to its console, and does nothing else. */
	#deny(code: WireErrorCode): void {
		const reason = `${code}: ${errorAnswers[code].sentence}`
		this.hear(pageFrame(this.#channel.number, { type: 'auth', reason }))
	}

	/** Its ack: the provider sees what was placed, and sends what else it has. */
	#showVector(): void {
		const shown = this.node.domain.pages.stateVector(this.#channel.address).then((vector) => {
			this.hear(pageFrame(this.#channel.number, { type: 'step1', vector }))
		})
		shown.catch((error: unknown) => this.fail(error))
	}

	hear(frame: PageFrame): void {
		this.#send(frame.stock)
	}

	#send(bytes: WireBytes): void {
		if (!this.#isOpen) return
		this.#wire.send(bytes)
		if (this.#wire.unsent() > socketLimits.sendBufferMax) this.end('slow-reader')
	}

	/** Every 20 s: is anybody there, and does the session still live? */
	checkUp(now: number): void {
		if (now - this.heardAt > socketLimits.silenceMs) {
			this.#wire.terminate()
			return this.gone()
		}
		this.#wire.ping()
		if (now - this.#checkedAt >= socketLimits.stockCheckMs) {
			this.#stillHolds().catch((error: unknown) => this.fail(error))
		}
	}
}
