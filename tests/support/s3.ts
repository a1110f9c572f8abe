/** A store that speaks S3, on this machine, behind a wire that can be cut: it checks signatures and keeps its objects in a folder. */
import S3rver from '@20minutes/s3rver'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobStore } from '#server/config-addresses.ts'
import { openBucket, type Bucket } from '#server/data/s3/bucket.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

export interface S3Store {
	/** To `port`; cut, nothing comes through. */
	readonly wire: TcpProxy
	/** As a server is told of it. */
	readonly place: BlobStore
	readonly env: Readonly<Record<string, string>>
	/** All that lies there. */
	readonly bucket: Bucket
	keys(): Promise<string[]>
	/** Where the objects lie. */
	readonly folder: string
	close(): Promise<void>
}

const name = 'kith-files'
/** What s3rver takes. */
const [keyId, secret] = ['S3RVER', 'S3RVER']

export async function startS3(prefix = 'chat/'): Promise<S3Store> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-s3-'))
	const options = { address: '127.0.0.1', port: 0, silent: true, directory: folder, configureBuckets: [{ name }] }
	const store = new S3rver(options)
	const { port } = await store.run()
	const wire = await startTcpProxy({ port })
	const about = { region: 'us-east-1', bucket: name, prefix, style: 'path', keyId, secret } as const
	const place: BlobStore = { ...about, endpoint: `http://127.0.0.1:${wire.port}` }
	const bucket = openBucket({ ...about, endpoint: `http://127.0.0.1:${port}` })
	return {
		...{ wire, place, bucket, folder },
		env: {
			KITH_BLOBS: `s3://${name}/${prefix}?endpoint=${place.endpoint}`,
			KITH_BLOBS_KEY_ID: keyId,
			KITH_BLOBS_SECRET: secret,
		},
		keys: () => allOf(bucket.keys('')),
		close: async () => {
			await wire.close()
			await store.close()
			await rm(folder, { recursive: true, force: true })
		},
	}
}

export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
	const all: T[] = []
	for await (const item of items) all.push(item)
	return all
}
