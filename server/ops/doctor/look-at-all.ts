/** `kith doctor`: every part of an instance, looked at one after the other. */
import type { Config } from '#server/config.ts'
import { endpointsInPostgres, endpointsInSqlite } from '#server/data/push-endpoints.ts'
import { doctorQuestion } from '#server/domain/doctor-question.ts'
import { labelledHmac } from '#server/node-crypto.ts'
import { decodeSecrets } from '#server/secrets.ts'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { databaseName } from '../backup/manifest.ts'
import { instanceOf } from '../backup/sealed-secrets.ts'
import { serverKeyOf } from '../cli/command-context.ts'
import type { Finding } from './finding.ts'
import { lookAtBackups } from './look-at-backups.ts'
import { bytesOfSqlite, lookAtFolder, lookAtSqlite } from './look-at-folder.ts'
import { lookAtIce } from './look-at-ice.ts'
import { lookAtNetwork } from './look-at-network.ts'
import { lookAtPostgres } from './look-at-postgres.ts'
import { lookAtPush } from './look-at-push.ts'
import { lookAtRedis } from './look-at-redis.ts'
import { lookAtStore } from './look-at-store.ts'

/** `now`: ms. */
export async function lookAtAll(config: Config, now: number): Promise<Finding[]> {
	const { data, postgres } = config
	const serverKey = await serverKeyOf(data)
	const about = { data, now, hasBlobs: config.blobs === null }
	return [
		...(await (postgres === null ? lookAtSqlite(data, about) : lookAtPostgres(postgres, about))),
		...(await lookAtFolder(data, postgres === null ? bytesOfSqlite(data) : 0)),
		...(await lookAtRedis(config.redis)),
		await lookAtBackups(config.backups, await serverIdOf(data), now),
		...(await lookAtStore(config, serverKey)),
		await lookAtPush(config, await endpointsIn(config)),
		...(await lookAtIce(config.ice, now)),
		...(await lookAtNetwork(config, { serverKey, question: await questionFor(data, now) })),
	]
}

function endpointsIn({ data, postgres }: Config): string[] | Promise<string[]> {
	return postgres === null ? endpointsInSqlite(join(data, databaseName)) : endpointsInPostgres(postgres)
}

/** By the secrets of the folder; null without them. */
async function questionFor(data: string, now: number): Promise<string | null> {
	const secrets = decodeSecrets(await readFile(join(data, 'secrets.json'), 'utf8').catch(() => ''))
	return secrets === null ? null : doctorQuestion(labelledHmac(secrets.hmacKey), now)
}

async function serverIdOf(data: string): Promise<string | null> {
	const text = await readFile(join(data, 'secrets.json')).catch(() => null)
	return text === null ? null : instanceOf(text)
}
