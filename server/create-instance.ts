/**
 * The composition root: data folder → secrets → database → domain → edges. server/main.ts serves what it makes,
 * server/dev.ts mounts it into Vite, tests start it on port 0: there is one way to put an instance together.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { Clock, RandomBytes, Timers } from '#protocol/ports.ts'
import { STRETCHING } from '#protocol/limits.ts'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { openBlobFolder } from './data/files/blob-folder.ts'
import { moveBlobs } from './data/move-blobs.ts'
import { openCluster } from './cluster/cluster.ts'
import { iceUrl, type IceConfig } from './config-ice.ts'
import type { Config } from './config.ts'
import type { Data } from './data/data.ts'
import { dropOldSnapshot } from './data/sqlite/migrate.ts'
import { openSqliteData } from './data/sqlite/sqlite.ts'
import { dropOldActs } from './domain/audit.ts'
import { createDomain } from './domain/create-domain.ts'
import type { Domain, DomainPorts, DomainSecrets, Policy, Stretching } from './domain/domain.ts'
import { BlobFilesUnavailable, type BlobFiles } from './domain/blob-ports.ts'
import type { Rate } from './domain/events/rates.ts'
import type { IceHelp } from './domain/ice-servers.ts'
import type { Log } from './domain/log.ts'
import { noMeter } from './domain/meter-ports.ts'
import type { Stale } from './domain/signals.ts'
import type { SmtpMailer } from './mail/smtp-mailer.ts'
import { createWebPush } from './push/web-push.ts'
import { createApi, type Api } from './http/api.ts'
import { createEventStreams } from './http/event-streams.ts'
import { callerIp, isAllowedOrigin } from './http/origin.ts'
import { createRequestListener, type WebHandler } from './http/request-listener.ts'
import { countUnderWay } from './http/under-way.ts'
import {
	ed25519Signer,
	labelledHmac,
	labelledSeal,
	nodeHash,
	nodeRandom,
	nodeVerify,
	turnPassword,
} from './node-crypto.ts'
import { startBackups, type ScheduledBackups } from './ops/backup/scheduled.ts'
import { countRefusals } from './ops/metrics/count-refusals.ts'
import type { Metrics, MetricsSources } from './ops/metrics/metrics.ts'
import { kithVersion } from './ops/version.ts'
import { loadSecrets, type Secrets } from './secrets.ts'
import { createSyncEdge } from './sync/attach-socket.ts'

/** How SvelteKit's bundle finds the running instance: it must not import a second copy (src/hooks.server.ts). */
export const instanceSymbol = Symbol.for('kith.instance')

export interface RunningInstance {
	readonly domain: Domain
	readonly api: Api
	/** Every HTTP request; what belongs to the web app goes to the handler given to `mountWeb`. */
	readonly listener: (request: IncomingMessage, response: ServerResponse) => void
	/** Every upgrade; what is no socket of ours is refused. */
	readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
	mountWeb(handler: WebHandler): void
	/** No longer ready: says goodbye to every socket (1012) and takes no new one. */
	closeSockets(): Promise<void>
	/** After the sockets: what they wrote is finished, then the database is closed. */
	stop(): Promise<void>
}

export interface InstanceOptions {
	readonly config: Config
	readonly log: Log
	readonly clock?: Clock
	readonly timers?: Timers
	readonly random?: RandomBytes
	/** How often events are decided and committed: without limit where the time stands still. */
	readonly turnRate?: Rate
	/** Opens the database that is configured. */
	readonly openData?: (config: Config, stale: (stale: Stale) => void) => Promise<Data>
}

/**
 * Who writes after a pause is served at once. Where messages never cease, what comes within 30 ms shares one commit, one frame
 * and one write for each socket (docs/decisions/0103).
 */
const standardTurnRate: Rate = { perSecond: 33, burst: 20 }

/** A timer keeps no process alive. */
export const systemTimers: Timers = {
	after: (ms, run) => {
		const timer = setTimeout(run, ms).unref()
		return () => clearTimeout(timer)
	},
}

export async function createInstance({
	config,
	log,
	clock = Date.now,
	timers = systemTimers,
	random = nodeRandom,
	turnRate = standardTurnRate,
	openData = openConfigured,
}: InstanceOptions): Promise<RunningInstance> {
	await mkdir(config.data, { recursive: true, mode: 0o700 })
	const secrets = await loadSecrets(config.data, () => hasDatabase(config))
	const serverKeyText = bytesToBase64url(ed25519Signer(secrets.serverKey).publicKey)
	const { cluster, ephemeral, limiter, disconnect } = await openCluster({
		...{ redis: config.redis, log, clock, timers, random },
		instance: serverKeyText.slice(0, 16),
	})
	if (config.postgres !== null && existsSync(join(config.data, 'kith.sqlite')))
		log.warn('kith.sqlite is in the data folder and not used: DATABASE_URL is set', { code: 'sqlite-not-used' })
	const data = await openData(config, (stale) => cluster.publish('stale', stale))
	const blobFiles = await openBlobFiles(config, { instance: serverKeyText, log, data })
	const mailer = await mailerOf(config, { log, timers })
	const pusher = createWebPush({
		...{ privateKey: secrets.pushKey, contact: contactOf(config), clock, random },
		listed: new Set(config.pushServices),
	})
	const metrics = await metricsOf(config, () => sources)
	const meter = metrics ?? noMeter
	const ports: DomainPorts = {
		...{
			repositories: data.repositories,
			unitOfWork: data.unitOfWork,
			blobFiles,
			cluster,
			mailer,
			pusher,
			log,
			clock,
			timers,
		},
		iceHelp: iceHelpOf(config.ice),
		...{ ephemeral, limiter: countRefusals(limiter, meter), meter },
		...{ hash: nodeHash, verify: nodeVerify, random, defer: setImmediate },
		...{ secrets: domainSecrets(secrets), policy: { ...(await policyOf(config)), turnRate } },
	}
	const domain = await createDomain(ports)
	const { api, drained } = countUnderWay(createApi(domain, config), timers)
	const sync = createSyncEdge({
		...{ domain, timers },
		isAllowedOrigin: (headers) => isAllowedOrigin(headers, config.origin),
		addressOf: ({ socket, headers }) =>
			callerIp(socket.remoteAddress ?? '', headers['x-forwarded-for']?.toString() ?? null, config.proxyHops),
	})
	const backups = startedBackups({ config, log, clock, timers }, domain.instance.serverId)
	const sources: MetricsSources = {
		...{ repositories: data.repositories, connections: sync.connections },
		backups: () => backups?.state() ?? null,
	}
	const stopSweeping = sweepHourly(domain, () => dropOldSnapshot(join(config.data, 'kith.sqlite'), clock()))
	const stopExpiry = domain.expiry.start()
	const listener = createRequestListener({
		...{ api, eventStreams: createEventStreams(domain, timers), isHttps: isHttps(config) },
		...{ checkReady: data.unitOfWork.checkWritable },
		metrics: metrics?.text ?? null,
	})
	return {
		domain,
		api,
		listener: listener.handle,
		mountWeb: listener.mountWeb,
		upgrade: sync.upgrade,
		closeSockets: () => {
			listener.stop()
			return sync.close()
		},
		stop: async () => {
			await Promise.all([stopSweeping(), stopExpiry(), backups?.stop(), drained()])
			await mailer?.stop()
			await domain.push.stop()
			pusher.stop()
			await domain.events.drained()
			await domain.markers.drained()
			domain.scrubbing.stop()
			await cluster.stop()
			await disconnect()
			await data.close()
		},
	}
}

/** Whom a push service may write to (RFC 8292 §2.1). */
function contactOf({ origin, mail }: Config): string {
	if (mail !== null) return `mailto:${mail.from}`
	return origin?.startsWith('https:') === true ? origin : 'mailto:operator@localhost'
}

async function hasDatabase({ data, postgres }: Config): Promise<boolean> {
	if (postgres === null) return existsSync(join(data, 'kith.sqlite'))
	const { hasPostgresInstance } = await import('./data/postgres/migrate.ts')
	return hasPostgresInstance(postgres)
}

function startedBackups(
	{ config, ...about }: { config: Config; log: Log; clock: Clock; timers: Timers },
	serverId: Uint8Array,
): ScheduledBackups | null {
	const { backups: plan, data } = config
	return plan === null ? null : startBackups({ ...about, plan, data, instance: bytesToBase64url(serverId) })
}

async function openConfigured({ data, postgres }: Config, stale: (stale: Stale) => void): Promise<Data> {
	if (postgres === null) return openSqliteData(join(data, 'kith.sqlite'))
	const { openPostgresData } = await import('./data/postgres/postgres.ts')
	return openPostgresData(postgres, stale)
}

async function mailerOf({ mail, name }: Config, runtime: { log: Log; timers: Timers }): Promise<SmtpMailer | null> {
	if (mail === null) return null
	const { createSmtpMailer } = await import('./mail/smtp-mailer.ts')
	return createSmtpMailer({ mail, server: name, ...runtime })
}

async function metricsOf({ metricsToken: token }: Config, sources: () => MetricsSources): Promise<Metrics | null> {
	if (token === null) return null
	const { createMetrics } = await import('./ops/metrics/metrics.ts')
	return createMetrics({ token, sources })
}

/** What lies in the folder from before moves into the store. */
async function openBlobFiles(
	config: Config,
	{ instance, log, data }: { readonly instance: string; readonly log: Log; readonly data: Data },
): Promise<BlobFiles> {
	const folder = join(config.data, 'blobs')
	if (config.blobs === null) return openBlobFolder(folder)
	const { openBlobBucket } = await import('./data/s3/blob-bucket.ts')
	const to = await openBlobBucket(config.blobs, { instance, log })
	if (!existsSync(folder)) return to
	const received = async (blob: Bytes) => (await data.repositories.blobs.byId(blob))?.received ?? null
	const count = await moveBlobs({ from: await openBlobFolder(folder), to, received }).catch((error: unknown) => {
		if (!(error instanceof BlobFilesUnavailable)) throw error
		throw new Error(
			`Files of ${folder} could not be moved into the store that KITH_BLOBS names (${error.code}). Nothing is lost: start again when it answers.`,
		)
	})
	if (count > 0) log.info('files-moved', { count })
	return to
}

function domainSecrets({ serverKey, tokenKey, hmacKey, opaqueSetup }: Secrets): DomainSecrets {
	const { publicKey } = ed25519Signer(tokenKey)
	const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytesToBase64url(publicKey), d: bytesToBase64url(tokenKey) } as const
	const hmac = labelledHmac(hmacKey)
	return { serverKey: ed25519Signer(serverKey), tokenKey: jwk, hmac, ...labelledSeal(hmac), opaqueSetup }
}

/** Version 0: for tests, weak on purpose; clients take it from no server that they are not told to. */
const cheapStretching: Stretching = { version: 0, iterations: 1, memory: 8, parallelism: 1 }
const standardStretching: Stretching = { ...STRETCHING, memory: STRETCHING.memoryKiB }

function iceHelpOf({ stun, turn }: IceConfig): IceHelp {
	return {
		stun: stun.map(iceUrl),
		turn: turn === null ? null : { urls: turn.servers.map(iceUrl), passwordOf: turnPassword(turn.secret) },
	}
}

const MiB = 1024 * 1024
const secondsPerDay = 24 * 60 * 60

async function policyOf(config: Config): Promise<Omit<Policy, 'turnRate'>> {
	const { name, signUp, memberInvites, rooms, guests, stretching, eventsPerSecond, megabytesPerDay } = config
	const { fileMegabytes, filesMegabytes, auditDays } = config
	return {
		...{ name, version: await kithVersion(), signUp, memberInvites, rooms, guests, auditDays },
		stretching: stretching === 'cheap' ? cheapStretching : standardStretching,
		fileMax: fileMegabytes * MiB,
		filesMax: filesMegabytes * MiB,
		eventRate: { perSecond: eventsPerSecond, burst: Math.max(512, eventsPerSecond) },
		eventQuota: { perSecond: (megabytesPerDay * MiB) / secondsPerDay, burst: Math.min(64, megabytesPerDay) * MiB },
	}
}

/** By our own certificate, or by a proxy's. */
function isHttps({ tls, origin }: Config): boolean {
	return tls !== null || origin?.startsWith('https:') === true
}

const hour = 60 * 60 * 1000

/** Drops what has expired, now and every hour. What it returns ends it, and resolves when nothing of it is under way. */
function sweepHourly(domain: Domain, dropSnapshot: () => Promise<void>): () => Promise<void> {
	const { sessions, emails, guests, blobs, keptAnswers, push, log } = domain
	let underWay: Promise<void> = Promise.resolve()
	const sweep = async () => {
		guests.dropExpired()
		const expired = [sessions.dropExpired(), emails.dropExpired(), keptAnswers.dropExpired(), push.dropEnded()]
		await Promise.all([...expired, blobs.sweep(), dropOldActs(domain), dropSnapshot()]).catch((error: unknown) =>
			log.error('sweep failed', { error }),
		)
	}
	const begin = () => {
		underWay = sweep()
	}
	begin()
	const timer = setInterval(begin, hour).unref()
	return () => {
		clearInterval(timer)
		return underWay
	}
}
