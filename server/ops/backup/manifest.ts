/**
 * `manifest.json` of a backup: what it holds, with size and SHA-256 of every file, and of what instance it is. What is named
 * here is all that is ever read or written by a restore, so names are taken by a list of patterns and in no other form.
 */
import { fail, ok, type Result } from '#protocol/result.ts'
import { createHash } from 'node:crypto'
import * as z from 'zod'

export const manifestName = 'manifest.json'
export const databaseName = 'kith.sqlite'
export const sealedSecretsName = 'secrets.sealed.json'

const blobPath = /^blobs\/([0-9a-f]{2})\/\1[0-9a-f]{2,126}\.blob$/

const stored = {
	bytes: z.int().min(0),
	sha256: z.string().regex(/^[0-9a-f]{64}$/),
}

const schema = z.strictObject({
	format: z.literal('kith-backup'),
	version: z.literal(1),
	/** ISO 8601. */
	madeAt: z.iso.datetime(),
	/** Version of Kith that made it. */
	kith: z.string().max(64),
	database: z.strictObject({ kind: z.literal('sqlite'), migrations: z.int().min(0) }),
	/** serverId: follows from the public key of the instance. */
	instance: z.string().regex(/^[\w-]{43}$/),
	files: z
		.array(
			z.strictObject({
				path: z.string().refine((path) => path === databaseName || blobPath.test(path)),
				...stored,
			}),
		)
		.refine((files) => files.filter(({ path }) => path === databaseName).length === 1)
		.refine((files) => new Set(files.map(({ path }) => path)).size === files.length),
	/** Null: left out. */
	secrets: z.strictObject({ path: z.literal(sealedSecretsName), ...stored }).nullable(),
})

export type Manifest = z.output<typeof schema>
export type StoredFile = Manifest['files'][number]

export function encodeManifest(manifest: Manifest): string {
	return `${JSON.stringify(manifest, null, '\t')}\n`
}

/** Fails with a sentence. */
export function decodeManifest(text: string): Result<Manifest, string> {
	const parsed = schema.safeParse(parseJson(text))
	if (parsed.success) return ok(parsed.data)
	const [issue] = parsed.error.issues
	return fail(`${manifestName} is damaged, or of another version of Kith: see "${issue?.path.join('.') ?? ''}".`)
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return null
	}
}

/** What the sealed secrets are bound to: all of the manifest but themselves. */
export function manifestDigest(manifest: Manifest): Buffer {
	return createHash('sha256')
		.update(encodeManifest({ ...manifest, secrets: null }))
		.digest()
}

export function pathOfBlob(blob: string): string {
	return `blobs/${blob.slice(0, 2)}/${blob}.blob`
}
