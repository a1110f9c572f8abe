/**
 * Which keys must have signed an entry: exactly those that are required, and one of those that may authorise it where
 * there are such. Any other signature, or one too many, makes the entry invalid (SPEC LOG4).
 */
import { bytesToHex, type Bytes } from './bytes.ts'
import { keyHash16 } from './ids.ts'
import type { EntrySignature, SignedEntry, SignerKind } from './log-entry.ts'
import type { Hash, SignatureClaim } from './ports.ts'
import { fail, ok, type Result } from './result.ts'
import { claimOver, type Purpose } from './tags.ts'

/** A key that may or must sign, and what it signs where that is not the entry's body. */
export interface Signer {
	readonly kind: SignerKind
	/** Ed25519 public key. */
	readonly key: Bytes
	readonly purpose: Purpose
	/** 3 recovery code, 2 password and passkey, 1 device, 0 where ranks say nothing. */
	readonly rank: 0 | 1 | 2 | 3
	readonly body?: Bytes
}

export interface SignersDemanded {
	readonly required: readonly Signer[]
	/** Empty where the required ones suffice. */
	readonly authorisers: readonly Signer[]
}

export interface SignersFound {
	/** Who authorised the entry; null where nobody besides the required had to. */
	readonly by: Signer | null
	/** What must verify, one for each signature. */
	readonly claims: readonly SignatureClaim[]
}

/** Fails, with a sentence, where the signatures are not the demanded ones; whether they verify is for `claims`. */
export function matchSigners(hash: Hash, entry: SignedEntry, demanded: SignersDemanded): Result<SignersFound, string> {
	const required = byName(hash, demanded.required)
	const authorisers = byName(hash, demanded.authorisers)
	const claims: SignatureClaim[] = []
	let by: Signer | null = null
	for (const signature of entry.signatures) {
		const name = nameOf(signature)
		const signer = required.get(name) ?? authorisers.get(name)
		if (signer === undefined) return fail('signed by a key that has no say here')
		if (!required.delete(name)) {
			if (by !== null) return fail('authorised twice')
			by = signer
		}
		const body = signer.body ?? entry.body
		claims.push(claimOver(hash, signer.purpose, { key: signer.key, body, signature: signature.signature }))
	}
	if (required.size > 0) return fail('a signature is missing')
	if (by === null && authorisers.size > 0) return fail('nobody who may has signed')
	return ok({ by, claims })
}

function nameOf(signature: Pick<EntrySignature, 'kind' | 'keyHash'>): string {
	return `${signature.kind} ${bytesToHex(signature.keyHash)}`
}

function byName(hash: Hash, signers: readonly Signer[]): Map<string, Signer> {
	return new Map(signers.map((signer) => [nameOf({ kind: signer.kind, keyHash: keyHash16(hash, signer.key) }), signer]))
}
