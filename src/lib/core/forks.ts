/**
 * Logs of which the server signed two branches (SPEC LOG10, LOG11, LOG14). What was verified stays as it is; nothing more is sent
 * to anybody whose log, or over a conversation whose log, has come apart, because nobody can say who stands on the other
 * branch. The proof is kept and survives a restart: everybody can check it with the server's key alone.
 */
import type { Crypto } from '#crypto/suite.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { list, struct, time8, versions, type Codec, type Decoded } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import {
	forkProof,
	standingOfHead,
	verifyFork,
	type ForkProof,
	type KnownLog,
	type SignedHead,
} from '#protocol/head.ts'
import { padConversationId } from '#protocol/ids.ts'
import { FORK_PATH_MAX } from '#protocol/limits.ts'
import { chainHash, noHash, type SignedEntry } from '#protocol/log-entry.ts'
import { metaKeys } from '#store/keys.ts'
import type { Records } from './records.ts'

/** A signed head that the server gave out, beside what we know of the same log. */
export interface SeenHead extends KnownLog {
	/** The newest head that was signed over what we know; null where none was kept. */
	readonly ours: SignedHead | null
	readonly theirs: SignedHead
	/** Our branch, from its first entry on. */
	readonly entries: () => Promise<readonly SignedEntry[]>
	/** Theirs, asked for anew; null where it does not come. */
	readonly branch: () => Promise<readonly SignedEntry[] | null>
}

export interface Forks {
	readonly restore: () => Promise<void>
	/** Keeps the proof where the two heads contradict each other. */
	readonly look: (seen: SeenHead) => Promise<void>
	/** `subject`: idHash, or convId padded. */
	readonly of: (subject: Bytes) => ForkProof | null
	/** When this device learned of it, ms; 0: it did not write that down. */
	readonly since: (subject: Bytes) => number | null
	/** Its own log, or that of somebody in it. */
	readonly concerns: (state: ConversationState) => boolean
	readonly onChange: (listener: () => void) => () => void
}

/** More logs than that come apart only where nothing is left to be saved. */
const proofsMax = 64
const datedProof = struct({ proof: forkProof, at: time8 })
type DatedProof = Decoded<typeof datedProof>
const plainForks = list(forkProof, proofsMax)
const datedForks = list(datedProof, proofsMax)

/** Version 1 is of 0.1.0, which did not write down when a proof came. */
const forksRow: Codec<readonly DatedProof[]> = versions<readonly DatedProof[]>(
	{
		1: {
			write: (writer, proofs) =>
				plainForks.write(
					writer,
					proofs.map(({ proof }) => proof),
				),
			read: (reader) => plainForks.read(reader).map((proof) => ({ proof, at: 0 })),
		},
		2: datedForks,
	},
	(proofs) => (proofs.every(({ at }) => at === 0) ? 1 : 2),
)
const at = { store: 'meta', key: metaKeys.forks } as const

export interface ForksDeps {
	readonly records: Records
	readonly crypto: Crypto
	readonly serverKey: Bytes
	/** ms */
	readonly now: () => number
}

export function createForks({ records, crypto, serverKey, now }: ForksDeps): Forks {
	const proofs = new Map<string, DatedProof>()
	const listeners = new Set<() => void>()
	/** Of each log the last head whose branch was asked for: a server that invents many does not keep us busy. */
	const asked = new Map<string, string>()

	async function keep(proof: ForkProof): Promise<void> {
		proofs.set(bytesToBase64url(proof.lower.subject), { proof, at: now() })
		await records.put(forksRow, at, [...proofs.values()].slice(0, proofsMax))
		for (const listener of listeners) listener()
	}

	function lowerIsTheirs(ours: SignedHead, { theirs, hashes }: SeenHead, entries: readonly SignedEntry[]): ForkProof {
		const path = entries.slice(theirs.seq + 1, ours.seq + 1).map(({ body }) => crypto.hash(body))
		return { lower: theirs, higher: ours, at: hashes[theirs.seq] as Bytes, path }
	}

	function lowerIsOurs(ours: SignedHead, theirs: SignedHead, branch: readonly SignedEntry[]): ForkProof | null {
		let hash = noHash
		const hashes = branch.map(({ body }, seq) => (hash = chainHash(crypto.hash, hash, { seq, body })))
		const path = branch.slice(ours.seq + 1, theirs.seq + 1).map(({ body }) => crypto.hash(body))
		const reached = hashes[ours.seq]
		return reached === undefined ? null : { lower: ours, higher: theirs, at: reached, path }
	}

	async function proofOf(ours: SignedHead, seen: SeenHead): Promise<ForkProof | null> {
		if (seen.theirs.seq <= ours.seq) return lowerIsTheirs(ours, seen, await seen.entries())
		const [subject, head] = [seen.subject, seen.theirs.hash].map(bytesToBase64url) as [string, string]
		if (asked.get(subject) === head) return null
		asked.set(subject, head)
		const branch = await seen.branch()
		return branch === null ? null : lowerIsOurs(ours, seen.theirs, branch)
	}

	return {
		restore: async () => {
			for (const dated of (await records.get(forksRow, at)) ?? [])
				proofs.set(bytesToBase64url(dated.proof.lower.subject), dated)
		},
		look: async (seen) => {
			const { ours, theirs, subject } = seen
			const standing = standingOfHead(theirs, seen)
			if (ours === null || standing === 'covers' || standing === 'other-log') return
			if (!equalBytes(ours.subject, subject) || proofs.has(bytesToBase64url(subject))) return
			const proof = await proofOf(ours, seen)
			if (proof === null || proof.path.length > FORK_PATH_MAX) return
			if (await verifyFork(proof, { serverKey, hash: crypto.hash, verify: crypto.verify })) await keep(proof)
		},
		of: (subject) => proofs.get(bytesToBase64url(subject))?.proof ?? null,
		since: (subject) => proofs.get(bytesToBase64url(subject))?.at ?? null,
		concerns: ({ id, members }) =>
			proofs.has(bytesToBase64url(padConversationId(id))) || [...members.keys()].some((account) => proofs.has(account)),
		onChange: (listener) => {
			listeners.add(listener)
			return () => void listeners.delete(listener)
		},
	}
}
