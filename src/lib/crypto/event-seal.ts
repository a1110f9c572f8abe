/**
 * Sealing and opening events (SPEC EV). One AES-256-GCM key per event, from the epoch, the device and a random nonce, so
 * that a report can show one message and no other. The AAD binds conversation, account and head.
 * Whether the author may write, and the signature over the place, is judged by #protocol's checks, not here.
 */
import type { Bytes } from '#protocol/bytes.ts'
import {
	encodeHead,
	eventAad,
	eventHash,
	eventIdOf,
	placeMessage,
	type FullItem,
	type Head,
	type Place,
} from '#protocol/envelope.ts'
import { decodePlaintext, encodePlaintext, type Body, type PlaintextError } from '#protocol/plaintext.ts'
import { fail, type Result } from '#protocol/result.ts'
import { aeadOpen, aeadSeal, nonceLength } from './aead.ts'
import { inBatches } from './batches.ts'
import type { EpochKeys } from './epoch.ts'
import type { SigningKey } from './signing-key.ts'
import type { Crypto } from './suite.ts'

export interface EventInput {
	/** The author's account, 32 bytes. */
	readonly idHash: Bytes
	/** 16 bytes. */
	readonly deviceId: Bytes
	readonly hlc: bigint
	readonly body: Body
	/** eventIds that a redact deletes, ascending. */
	readonly targets?: readonly Bytes[]
	/** ms since the Unix epoch. */
	readonly expiresAt?: number | null
}

/** An event before it has a place; placing it again keeps evHash and eventId. */
export interface SealedEvent {
	readonly head: Head
	/** AES-256-GCM output, the tag last. */
	readonly ct: Bytes
	/** 32 bytes; its first 16 are the eventId. */
	readonly evHash: Bytes
	readonly eventId: Bytes
}

/** What of an author must be known to open his event. */
export interface OpenInput {
	readonly epoch: EpochKeys
	readonly idHash: Bytes
	readonly item: Pick<FullItem, 'head' | 'ct'>
}

/** `not-opened`: another key, account, conversation or head than it was sealed with, or damaged. */
export type OpenError = { readonly type: 'not-opened' } | PlaintextError

export async function sealEvent(crypto: Crypto, epoch: EpochKeys, input: EventInput): Promise<SealedEvent> {
	const { idHash, deviceId, body } = input
	const nonce = crypto.random(nonceLength)
	const { hlc, targets = [], expiresAt = null } = input
	const head: Head = { kind: body.kind, deviceId, epoch: epoch.n, hlc, nonce, targets, expiresAt }
	const headBytes = encodeHead(head)
	const aad = eventAad(epoch.conversation, idHash, headBytes)
	const ct = await aeadSeal(crypto.subtle, epoch.event(deviceId, nonce), {
		nonce,
		aad,
		plaintext: encodePlaintext(body),
	})
	const hashed = { convId: epoch.conversation, idHash, head: headBytes, ctHash: crypto.hash(ct) }
	const evHash = eventHash(crypto.hash, hashed)
	return { head, ct, evHash, eventId: eventIdOf(evHash) }
}

/** The item as it is sent: the author's device signs the event together with where it stands. */
export async function placeEvent(
	crypto: Crypto,
	key: SigningKey,
	placed: { readonly event: SealedEvent; readonly guid: string; readonly place: Place },
): Promise<FullItem> {
	const { event, guid, place } = placed
	const signature = await key.signMessage(placeMessage(crypto.hash, { guid, place, evHash: event.evHash }))
	return { form: 'full', head: event.head, ct: event.ct, place, signature }
}

/** Opens with a key alone: what whoever judges a report does with the key in it. */
export async function openWithEventKey(
	crypto: Crypto,
	key: Bytes,
	event: { readonly conversation: Bytes; readonly idHash: Bytes; readonly item: Pick<FullItem, 'head' | 'ct'> },
): Promise<Result<Body, OpenError>> {
	const { head, ct } = event.item
	const aad = eventAad(event.conversation, event.idHash, encodeHead(head))
	const plaintext = await aeadOpen(crypto.subtle, key, { nonce: head.nonce, aad, ciphertext: ct })
	return plaintext === null ? fail({ type: 'not-opened' }) : decodePlaintext(head.kind, plaintext)
}

export async function openEvent(crypto: Crypto, input: OpenInput): Promise<Result<Body, OpenError>> {
	const { epoch, idHash, item } = input
	if (item.head.epoch !== epoch.n) return fail({ type: 'not-opened' })
	const key = epoch.event(item.head.deviceId, item.head.nonce)
	return openWithEventKey(crypto, key, { conversation: epoch.conversation, idHash, item })
}

/** In the order of the inputs; 64 at a time in parallel. */
export function openEvents(crypto: Crypto, inputs: readonly OpenInput[]): Promise<Result<Body, OpenError>[]> {
	return inBatches(inputs, (input) => openEvent(crypto, input))
}
