/** Archives in stories: made and imported by a client's own commands, and taken apart as an attacker who knows the passphrase would. */
import { stretchPassphrase } from '#crypto/stretch.ts'
import {
	archiveChunk,
	archiveHeaderLength,
	archiveSealer,
	readArchivePrefix,
	sealedArchiveChunk,
	type ArchiveSealer,
} from '#crypto/archive-seal.ts'
import type { ConversationId, Imported, KithApi, KithError } from '#core/api.ts'
import { concatBytes, type Bytes } from '#protocol/bytes.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { testCrypto } from './export-crypto.ts'
import { testStretchings } from './stretching.ts'
import { must } from './watching.ts'

export const passphrase = 'seven lamps under the old pier'

export async function archiveOf(
	by: { readonly api: KithApi },
	conversation: ConversationId | null,
	files = false,
): Promise<Bytes> {
	return wholeCopy(by, { conversation, as: 'archive', passphrase, files })
}

export async function wholeCopy(
	{ api }: { readonly api: KithApi },
	wish: Parameters<KithApi['beginExport']>[0],
): Promise<Bytes> {
	const { key } = must(await api.beginExport(wish))
	const pieces: Bytes[] = []
	for (;;) {
		const { bytes } = must(await api.nextOfExport({ key }))
		if (bytes.length === 0) return concatBytes(...pieces)
		pieces.push(bytes)
	}
}

export async function importOf(
	{ api }: { readonly api: KithApi },
	archive: Uint8Array<ArrayBuffer>,
	words = passphrase,
): Promise<Result<Imported, KithError>> {
	const begun = await api.beginImport({ file: new Blob([archive]), passphrase: words })
	if (!begun.ok) return begun
	for (;;) {
		const step = await api.nextOfImport(begun.value)
		if (!step.ok) return fail(step.error)
		if (step.value.imported !== null) return ok(step.value.imported)
	}
}

async function sealerOf(archive: Bytes): Promise<ArchiveSealer> {
	const prefix = readArchivePrefix(archive)
	const stretching = prefix === null ? undefined : testStretchings.get(prefix.stretching)
	if (prefix === null || stretching === undefined) throw new Error('no archive')
	return archiveSealer(await testCrypto(), prefix, stretchPassphrase({ passphrase, salt: prefix.salt, stretching }))
}

export function chunksOf(archive: Bytes): Bytes[] {
	const chunks: Bytes[] = []
	for (let at = archiveHeaderLength; at < archive.length; at += sealedArchiveChunk)
		chunks.push(archive.slice(at, at + sealedArchiveChunk))
	return chunks
}

export async function textOfArchive(archive: Bytes): Promise<string> {
	const sealer = await sealerOf(archive)
	const chunks = chunksOf(archive)
	const opened = await Promise.all(
		chunks.map(
			async (chunk, index) => (await sealer.open({ index, final: index === chunks.length - 1 }, chunk)) as Bytes,
		),
	)
	return Buffer.concat(opened).toString()
}

/** The same archive, whose lines say something else: what its maker could write. */
export async function rewritten(archive: Bytes, change: (text: string) => string): Promise<Bytes> {
	const sealer = await sealerOf(archive)
	const text = Buffer.from(change(await textOfArchive(archive)))
	const count = Math.max(1, Math.ceil(text.length / archiveChunk))
	const sealed = Array.from({ length: count }, (_, index) =>
		sealer.seal(
			{ index, final: index === count - 1 },
			Uint8Array.from(text.subarray(index * archiveChunk, (index + 1) * archiveChunk)),
		),
	)
	return concatBytes(sealer.header, ...(await Promise.all(sealed)))
}
