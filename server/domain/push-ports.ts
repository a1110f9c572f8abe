/** Ports of web push: where a device can be woken, and who carries the message there. */
import type { Bytes } from '#protocol/bytes.ts'

/** As a browser's PushSubscription says it (https://www.w3.org/TR/push-api/). */
export interface PushTarget {
	/** Of the push service that the browser chose. */
	readonly endpoint: string
	/** P-256 point of the browser, 65 bytes (RFC 8291 §3.1). */
	readonly key: Bytes
	/** Authentication secret, 16 bytes (RFC 8291 §3.2). */
	readonly auth: Bytes
}

export interface PushSubscriptionRow extends PushTarget {
	readonly device: Bytes
	readonly account: Bytes
	/** Conversations that do not wake it: `quietList` of push-message.ts. */
	readonly quiet: Bytes
	readonly at: number
}

export interface PushSubscriptions {
	/** In place of the one that the device had. */
	put(row: PushSubscriptionRow): Promise<void>
	of(device: Bytes): Promise<PushSubscriptionRow | null>
	/** More than one where accounts have followed each other in one browser. */
	at(endpoint: string): Promise<PushSubscriptionRow[]>
	/** Of who is in the conversation now: of devices with a living session. */
	ofMembers(conversation: Bytes): Promise<PushSubscriptionRow[]>
	/** That of the device, if it still is this one. */
	delete(device: Bytes, endpoint: string): Promise<void>
	/** Those of devices that are signed in no more. */
	deleteEnded(): Promise<void>
	/** Of all. */
	endpoints(): Promise<string[]>
}

export interface Push extends PushTarget {
	readonly message: Bytes
	/** Of several messages with one topic that wait at the push service the newest is left (RFC 8030 §5.4). At most 32 characters of base64url. */
	readonly topic: string
	/** How long the push service keeps it for a device that is off, s. */
	readonly ttl: number
}

/**
 * `gone`: nobody is there any more, or listens to another key than ours. `refused`: it is not taken, now or later. `away`: no answer, or
 * not now.
 */
export type Pushed = 'sent' | 'gone' | 'refused' | 'away'

export interface Pusher {
	/** P-256 point by which push services know this server, 65 bytes (RFC 8292 §3.2). */
	readonly publicKey: Bytes
	/** May something be sent there? Who names an address makes us ask it. */
	mayReach(endpoint: string): boolean
	send(push: Push): Promise<Pushed>
}
