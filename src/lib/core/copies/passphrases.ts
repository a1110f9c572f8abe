/** From a passphrase to what seals an archive and opens it. Takes a second: only once the archive is known to be one. */
import {
	archiveHeaderLength,
	archiveSealer,
	newArchivePrefix,
	readArchivePrefix,
	type ArchiveSealer,
} from '#crypto/archive-seal.ts'
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { STRETCHING } from '#protocol/limits.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { KithError } from '../api.ts'
import { fixedStretchings, type CoreDeps } from '../deps.ts'

export interface Passphrases {
	/** Null where it is hard enough to guess: who has the file may try for as long as he likes. */
	readonly weakness: (passphrase: string) => Promise<KithError | null>
	readonly seal: (passphrase: string) => Promise<ArchiveSealer>
	/** Refused: no-archive, wrong-passphrase. */
	readonly open: (passphrase: string, header: Bytes) => Promise<Result<ArchiveSealer, KithError>>
}

export function createPassphrases(deps: Pick<CoreDeps, 'crypto' | 'opaque' | 'stretchings'>): Passphrases {
	const { crypto, opaque, stretchings = fixedStretchings } = deps
	return {
		weakness: async (passphrase) => {
			// Its lists are large, and seldom needed.
			const { passwordStrength } = await import('../sign-up.ts')
			const { enough, bits, suggestion } = passwordStrength(deps, { password: passphrase, name: '' })
			return enough ? null : { type: 'weak-password', bits, suggestion }
		},
		seal: async (passphrase) => {
			const prefix = newArchivePrefix(crypto, STRETCHING.version)
			const stretching = stretchings.get(prefix.stretching)
			if (stretching === undefined) throw new Error('no numbers for the newest version')
			return archiveSealer(crypto, prefix, await opaque.stretch({ passphrase, salt: prefix.salt, stretching }))
		},
		open: async (passphrase, header) => {
			const prefix = readArchivePrefix(header)
			// Numbers are ours: an archive that named its own could ask for all memory there is.
			const stretching = prefix === null ? undefined : stretchings.get(prefix.stretching)
			if (prefix === null || stretching === undefined) return fail({ type: 'no-archive' })
			const stretched = await opaque.stretch({ passphrase, salt: prefix.salt, stretching })
			const sealer = await archiveSealer(crypto, prefix, stretched)
			const isRight = equalBytes(sealer.header, header.subarray(0, archiveHeaderLength))
			return isRight ? ok(sealer) : fail({ type: 'wrong-passphrase' })
		},
	}
}
