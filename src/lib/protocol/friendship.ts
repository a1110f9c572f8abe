/**
 * Friendship is what two accounts signed about each other; the server keeps and enforces it (SPEC FRD). Each step is
 * signed by a certified device of `from`, purpose friend, names both accounts and the instance, and answers one request.
 */
import { equalBytes, type Bytes } from './bytes.ts'
import { decode, encode, fixed, struct, time8, union, versioned, type Decoded, type DecodeError } from './codec.ts'
import type { Hash } from './ports.ts'
import type { Result } from './result.ts'
import { hashTags, taggedHash } from './tags.ts'

const parties = { server: fixed(32), from: fixed(32), to: fixed(32), device: fixed(16), time: time8, random: fixed(16) }
/** `requestHash` of what is answered or withdrawn, so that no answer fits a later request. */
const answer = struct({ ...parties, request: fixed(32) })

const friendBody = versioned(
	1,
	union('type', {
		request: [1, struct(parties)],
		accept: [2, answer],
		decline: [3, answer],
		/** The requester withdraws. */
		cancel: [4, answer],
		/** Either friend ends it. */
		end: [5, answer],
	}),
)
export type FriendBody = Decoded<typeof friendBody>
export type FriendStep = FriendBody['type']

export const signedFriendStep = struct({ body: friendBody, signature: fixed(64) })
export type SignedFriendStep = Decoded<typeof signedFriendStep>

export function encodeFriendBody(body: FriendBody): Bytes {
	return encode(friendBody, body)
}

export function decodeFriendBody(bytes: Uint8Array): Result<FriendBody, DecodeError> {
	return decode(friendBody, bytes)
}

/** SHA-256("kith/freq/1" ‖ encoded request body). */
export function requestHash(hash: Hash, body: Extract<FriendBody, { type: 'request' }>): Bytes {
	return taggedHash(hash, hashTags.friendRequest, encodeFriendBody(body))
}

/**
 * Does a step belong to this request (SPEC FRD3): accept and decline come from the one who was asked, cancel from the one
 * who asked, end from either, on the same instance.
 */
export function answersRequest(
	step: Exclude<FriendBody, { type: 'request' }>,
	request: Extract<FriendBody, { type: 'request' }>,
	hash: Hash,
): boolean {
	const isBack = equalBytes(step.from, request.to) && equalBytes(step.to, request.from)
	const isForth = equalBytes(step.from, request.from) && equalBytes(step.to, request.to)
	const byRight = { accept: isBack, decline: isBack, cancel: isForth, end: isBack || isForth }[step.type]
	return byRight && equalBytes(step.server, request.server) && equalBytes(step.request, requestHash(hash, request))
}
