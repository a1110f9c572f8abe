/** The store that files lie in, where there is one: whether it answers, is ours, and forgets what is deleted. Writes nothing but its mark. */
import type { Config } from '#server/config.ts'
import { openBlobBucket } from '#server/data/s3/blob-bucket.ts'
import { createLog } from '../log.ts'
import { problem, warning, well, type Finding } from './finding.ts'

const about = 'file store'

export async function lookAtStore({ blobs }: Config, serverKey: string | null): Promise<Finding[]> {
	if (blobs === null || serverKey === null) return []
	try {
		const { state } = await openBlobBucket(blobs, { instance: serverKey, log: createLog('silent') })
		if (state.unreachable !== null)
			return [
				problem(about, `no answer (${state.unreachable})`, 'Look at the endpoint in KITH_BLOBS and at the store.'),
			]
		if (state.keepsVersions === true)
			return [
				warning(
					about,
					'keeps versions: what people delete stays there',
					'Turn versioning off, or have old versions deleted after a day.',
				),
			]
		return [well(about, `${blobs.bucket} answers`)]
	} catch (error) {
		return [
			problem(about, error instanceof Error ? error.message : 'refuses', 'Mend KITH_BLOBS; files wait meanwhile.'),
		]
	}
}
