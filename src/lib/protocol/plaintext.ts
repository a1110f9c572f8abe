/**
 * What an event says, once opened (SPEC EV13 to EV17): `len4 ‖ body ‖ zeros`, padded as a whole so that the
 * ciphertext's length tells little. Frozen by tests/vectors/events.json; a later body has another version byte.
 */
import {
	encode,
	decode,
	bool,
	bytes,
	constant,
	fixed,
	list,
	optional,
	refine,
	set,
	struct,
	text,
	time8,
	u16,
	u32,
	union,
} from './codec.ts'
import type { DecodeError, Decoded } from './codec.ts'
import type { Bytes } from './bytes.ts'
import type { Kind } from './envelope.ts'
import { ITEM_MAX, PADDING_STEP, PADDING_STEP_MAX } from './limits.ts'
import { fail, ok, type Result } from './result.ts'

const bodyVersion = 1

/** UTF-8 bytes of a message. What together with mentions and attachments exceeds 64 KiB is no item (EV3). */
export const textMaxBytes = 48 * 1024
export const mentionsMax = 256
export const attachmentsMax = 32
export const wasMax = 16
const emojiMaxBytes = 64

const id16 = fixed(16)
const idHash = fixed(32)
const mentions = set(idHash, mentionsMax)

/** Where the same device's previous sealed event stands; a gap shows only where that page is complete by digest. */
const prev = optional(struct({ page: u32, part: u16, eventId: id16 }))
export type Prev = NonNullable<Decoded<typeof prev>>

export const attachment = struct({
	blobId: id16,
	/** AES-256-GCM, chunked. */
	key: fixed(32),
	/** Of the whole ciphertext: AES-GCM does not commit to its key, this does. */
	sha256: fixed(32),
	/** Bytes of the ciphertext. */
	length: time8,
	name: text(1024),
	mime: text(127),
	/** Pixels; thumbhash may be empty. */
	picture: optional(struct({ width: u32, height: u32, thumbhash: bytes(64) })),
	/** Voice notes and films; one byte of waveform for each bar, may be empty. */
	sound: optional(struct({ durationMs: u32, waveform: bytes(256) })),
})
export type Attachment = Decoded<typeof attachment>

const common = {
	version: constant(bodyVersion),
	/** When the author wrote it, ms; shown. The hlc orders. */
	writtenAt: time8,
	prev,
	/** Earlier eventIds of the same event, sealed again; counted by the fold only as FOLD4 says. */
	was: set(id16, wasMax),
}

const postBody = struct({
	...common,
	text: text(textMaxBytes),
	/** eventId of the message that this one answers; its text is never quoted here. */
	replyTo: optional(id16),
	mentions,
	attachments: list(attachment, attachmentsMax),
	/** Sealed anew from another conversation; claims no author. */
	forwarded: bool,
})
export type PostBody = Decoded<typeof postBody>

/** What an annotate does to its target. */
export const action = union('type', {
	/** Replaces text and mentions; attachments and reply stay. */
	edit: [1, struct({ text: text(textMaxBytes), mentions })],
	reaction: [2, struct({ emoji: refine(text(emojiMaxBytes), (emoji) => emoji !== '', 'no emoji'), on: bool })],
	pin: [3, struct({ on: bool })],
})

const annotateBody = struct({
	...common,
	target: id16,
	action,
})
export type AnnotateBody = Decoded<typeof annotateBody>
export type Action = AnnotateBody['action']

const reasonMaxBytes = 1024
export const reason = optional(text(reasonMaxBytes))

const redactBody = struct({ ...common, reason })
export type RedactBody = Decoded<typeof redactBody>

/** The kind stands in the head only; here it tells the bodies apart. */
export type Body =
	| ({ readonly kind: 'post' } & PostBody)
	| ({ readonly kind: 'annotate' } & AnnotateBody)
	| ({ readonly kind: 'redact' } & RedactBody)

/** `unknown`: a body of a later version; shown as "needs a newer app", never as damaged. */
export type PlaintextError = DecodeError | { readonly type: 'unknown'; readonly what: 'version' }

/** Body without length and padding. */
export function encodeBody(body: Body): Bytes {
	switch (body.kind) {
		case 'post':
			return encode(postBody, body)
		case 'annotate':
			return encode(annotateBody, body)
		case 'redact':
			return encode(redactBody, body)
	}
}

export function decodeBody(kind: Kind, encoded: Uint8Array): Result<Body, PlaintextError> {
	const [version = 0] = encoded
	if (version > bodyVersion) return fail({ type: 'unknown', what: 'version' })
	const decoded = decodeKind(kind, encoded)
	return decoded.ok ? ok({ kind, ...decoded.value } as Body) : decoded
}

function decodeKind(kind: Kind, encoded: Uint8Array): Result<PostBody | AnnotateBody | RedactBody, DecodeError> {
	switch (kind) {
		case 'post':
			return decode(postBody, encoded)
		case 'annotate':
			return decode(annotateBody, encoded)
		case 'redact':
			return decode(redactBody, encoded)
	}
}

/** What two sealings of one event have in common: the body without prev and was (FOLD4). */
export function bodyCore(body: Body): Bytes {
	return encodeBody({ ...body, prev: null, was: [] })
}

const lengthField = 4

/** The plaintext that is sealed: len4 ‖ body ‖ zeros, of paddedLength bytes. */
export function encodePlaintext(body: Body): Bytes {
	const encoded = encodeBody(body)
	const out = new Uint8Array(paddedLength(lengthField + encoded.length))
	new DataView(out.buffer).setUint32(0, encoded.length)
	out.set(encoded, lengthField)
	return out
}

/** Refuses another padding: a plaintext has one spelling. */
export function decodePlaintext(kind: Kind, plaintext: Uint8Array): Result<Body, PlaintextError> {
	if (plaintext.length < lengthField) return fail({ type: 'malformed', reason: 'shorter than its length' })
	const length = new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(0)
	const end = lengthField + length
	if (end > ITEM_MAX || plaintext.length !== paddedLength(end))
		return fail({ type: 'malformed', reason: 'not padded as it should be' })
	if (plaintext.subarray(end).some((byte) => byte !== 0))
		return fail({ type: 'malformed', reason: 'padding is not zero' })
	return decodeBody(kind, plaintext.subarray(lengthField, end))
}

/**
 * Steps of 32 bytes up to 256, then Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", PETS
 * 2019, §4): the length keeps as many leading bits as its own logarithm needs, at most 12 % more.
 */
export function paddedLength(length: number): number {
	if (length <= PADDING_STEP_MAX) return Math.max(1, Math.ceil(length / PADDING_STEP)) * PADDING_STEP
	const exponent = 31 - Math.clz32(length)
	const kept = 32 - Math.clz32(exponent)
	const step = 2 ** (exponent - kept)
	return Math.ceil(length / step) * step
}
