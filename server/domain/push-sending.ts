/**
 * Wakes devices that are not connected when somebody writes (product N2). What comes in one conversation within a second is one message,
 * and the next one of it waits for twenty more: a busy room does not ring without end, and the push service keeps the newest alone.
 *
 * A device is woken by a node that stored what was written, so by one node. Nothing of it is kept: a restart forgets what was gathered.
 */
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { encodePush, quietList } from '#protocol/push-message.ts'
import type { DevicesHere } from './devices-here.ts'
import type { DomainPorts } from './domain.ts'
import type { Pushed, Pusher, PushSubscriptionRow } from './push-ports.ts'
import { withinLimit } from './rate-limits.ts'

export const pushLimits = {
	/** What is said within this time is told at once, ms. */
	gatherMs: 1_000,
	/** Between two messages about one conversation, ms. */
	pauseMs: 20_000,
	/** When a push service that did not answer is asked once more, ms. */
	againMs: 30_000,
	/** Pushes under way at once: whoever names an address that never answers holds one of them for ten seconds. */
	atOnce: 64,
	/** Devices that wait for their turn; what is beyond is dropped, so that memory stays bounded. */
	waitingMax: 10_000,
	/** A push service keeps it for so long for a device that is off, s. */
	ttl: 24 * 60 * 60,
} as const

type Ports = Pick<
	DomainPorts,
	'repositories' | 'unitOfWork' | 'cluster' | 'clock' | 'timers' | 'hash' | 'limiter' | 'log' | 'meter'
> & { readonly pusher: Pusher; readonly devicesHere: DevicesHere }

export interface PushSending {
	/** Sends now. */
	readonly send: (
		row: PushSubscriptionRow,
		about: { readonly message: Bytes; readonly topic: Bytes },
	) => Promise<Pushed>
	/** Nothing more goes out; what is under way is finished. */
	readonly stop: () => Promise<void>
}

/** Who wrote since the last round, as base64url ids of devices. */
interface Gathered {
	readonly devices: Set<string>
	stop: () => void
}

export function createPushSending(ports: Ports): PushSending {
	const { repositories, unitOfWork, cluster, clock, timers, hash, pusher, log, meter } = ports
	const gathered = new Map<string, Gathered>()
	const again = new Set<() => void>()
	const underWay = new Set<Promise<void>>()
	const waiting: (() => Promise<void>)[] = []
	let running = 0
	let stopped = false

	/** Collapsing is by conversation, and tells the push service no id of ours. */
	const topicOf = (device: Bytes, about: Bytes) =>
		bytesToBase64url(hash(new Uint8Array([...device, ...about]))).slice(0, 32)

	const send: PushSending['send'] = async (row, { message, topic }) => {
		const pushed = await pusher.send({ ...row, message, topic: topicOf(row.device, topic), ttl: pushLimits.ttl })
		meter.pushed(pushed)
		if (pushed === 'gone')
			await unitOfWork.transaction(({ pushSubscriptions }) => pushSubscriptions.delete(row.device, row.endpoint))
		if (pushed === 'refused' || pushed === 'away') log.warn('push-not-sent', { code: pushed })
		return pushed
	}

	function isAsleep({ device }: PushSubscriptionRow): boolean {
		return !ports.devicesHere.isHere(bytesToBase64url(device))
	}

	/** Said by the device; a list that does not open silences nothing. */
	function isQuiet({ quiet }: PushSubscriptionRow, conversation: Bytes): boolean {
		const list = decode(quietList, quiet)
		const entry = list.ok ? list.value.find((one) => equalBytes(one.conversation, conversation)) : undefined
		return entry !== undefined && (entry.until === null || entry.until > clock())
	}

	async function wake(row: PushSubscriptionRow, conversation: Bytes, tries: number): Promise<void> {
		if (!isAsleep(row)) return
		const limited = await withinLimit(ports, 'pushByDevice', row.device)
		if (!limited.ok) return
		const message = encodePush({ type: 'look', conversation })
		const pushed = await send(row, { message, topic: conversation })
		if (pushed !== 'away' || tries > 0 || stopped) return
		const forget = timers.after(pushLimits.againMs, () => {
			again.delete(forget)
			queue(() => wake(row, conversation, tries + 1))
		})
		again.add(forget)
	}

	function queue(work: () => Promise<void>): void {
		if (stopped) return
		if (waiting.length >= pushLimits.waitingMax) return log.warn('push-dropped', { count: waiting.length })
		waiting.push(work)
		while (running < pushLimits.atOnce && waiting.length > 0) begin(waiting.shift() as () => Promise<void>)
	}

	function begin(work: () => Promise<void>): void {
		running++
		const done = work()
			.catch((error: unknown) => log.error('push-failed', { error }))
			.finally(() => {
				running--
				underWay.delete(done)
				const next = stopped ? undefined : waiting.shift()
				if (next !== undefined) begin(next)
			})
		underWay.add(done)
	}

	async function tell(id: string, devices: ReadonlySet<string>): Promise<void> {
		const conversation = base64urlToBytes(id) as Bytes
		const rows = await repositories.pushSubscriptions.ofMembers(conversation)
		const asleep = rows.filter((row) => isAsleep(row) && !isQuiet(row, conversation))
		if (asleep.length === 0) return
		const owners = [...devices].map((device) => repositories.devices.owner(base64urlToBytes(device) as Bytes))
		const authors = (await Promise.all(owners)).filter((owner) => owner !== null)
		const others = asleep.filter(({ account }) => authors.some((author) => !equalBytes(author, account)))
		for (const row of others) queue(() => wake(row, conversation, 0))
	}

	function round(conversation: string, { devices }: Gathered): void {
		gathered.delete(conversation)
		if (devices.size === 0) return
		queue(() => tell(conversation, devices))
		gather(conversation, pushLimits.pauseMs)
	}

	function gather(conversation: string, ms: number): Gathered {
		const next: Gathered = { devices: new Set(), stop: () => undefined }
		next.stop = timers.after(ms, () => round(conversation, next))
		gathered.set(conversation, next)
		return next
	}

	const stopListening = cluster.subscribe('posted', ({ conversation, devices }) => {
		const { devices: all } = gathered.get(conversation) ?? gather(conversation, pushLimits.gatherMs)
		for (const device of devices) all.add(device)
	})

	return {
		send,
		stop: async () => {
			stopped = true
			stopListening()
			for (const { stop } of gathered.values()) stop()
			for (const forget of again) forget()
			await Promise.all(underWay)
		},
	}
}
