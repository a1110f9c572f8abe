/**
 * What Prometheus is told (`/metrics`, KITH_METRICS_TOKEN): sums, durations and sizes of the whole instance. No label names a
 * person, a conversation, a device or an address; the only labels of ours are names of limits and outcomes, which are in the code.
 */
import type { Meter } from '#server/domain/meter-ports.ts'
import type { Repositories } from '#server/domain/ports.ts'
import type { BackupsState } from '../backup/scheduled.ts'
import { createHash, timingSafeEqual } from 'node:crypto'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics extends Meter {
	/** Null: not with this Authorization header. */
	text(authorization: string | undefined): Promise<string | null>
}

export interface MetricsSources {
	readonly repositories: Pick<Repositories, 'figures' | 'blobs' | 'accounts'>
	/** Open sockets now. */
	readonly connections: () => number
	/** Null: none are scheduled. */
	readonly backups: () => BackupsState | null
}

const turnBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

export interface MetricsOptions {
	readonly token: string
	/** Asked at each scrape. */
	readonly sources: () => MetricsSources
}

export function createMetrics({ token, sources }: MetricsOptions): Metrics {
	const register = new Registry()
	const registers = [register]
	collectDefaultMetrics({ register })
	const turns = new Histogram({
		...{ name: 'kith_turn_seconds', registers, buckets: turnBuckets },
		help: 'Time to decide and commit what came in together',
	})
	const events = new Counter({ name: 'kith_turn_items_total', help: 'Items that turns decided', registers })
	const deliveries = new Counter({ name: 'kith_deliveries_total', help: 'Stored items handed to sockets', registers })
	const refusals = new Counter({
		...{ name: 'kith_rate_limit_refusals_total', help: 'Refusals by a rate limit', registers },
		labelNames: ['limit'],
	})
	const pushes = new Counter({
		...{ name: 'kith_pushes_total', help: 'Push messages, by what came of them', registers },
		labelNames: ['outcome'],
	})
	const asked: readonly (readonly [
		name: string,
		help: string,
		ask: (from: MetricsSources) => Promise<number> | number,
	])[] = [
		['kith_connections', 'Open sockets', (from) => from.connections()],
		['kith_accounts', 'Accounts', ({ repositories }) => repositories.accounts.count('')],
		['kith_events', 'Events in the database', async ({ repositories }) => (await repositories.figures.events()).rows],
		['kith_database_bytes', 'Size of the database', ({ repositories }) => repositories.figures.databaseBytes()],
		['kith_files', 'Files of people', async ({ repositories }) => (await repositories.blobs.total()).count],
		['kith_file_bytes', 'Their size', async ({ repositories }) => (await repositories.blobs.total()).bytes],
		['kith_backup_last_seconds', 'Time of the newest scheduled backup', (from) => lastBackup(from.backups())],
		['kith_backup_failures', 'Scheduled backups that failed since the start', (from) => from.backups()?.failures ?? 0],
	]
	for (const [name, help, ask] of asked) {
		new Gauge({
			...{ name, help, registers },
			async collect() {
				this.set(await ask(sources()))
			},
		})
	}
	return {
		turn: (seconds, items) => {
			turns.observe(seconds)
			events.inc(items)
		},
		delivered: (items) => deliveries.inc(items),
		refused: (limit) => refusals.inc({ limit }),
		pushed: (outcome) => pushes.inc({ outcome }),
		text: async (authorization) => (isBearer(authorization, token) ? register.metrics() : null),
	}
}

/** Not a number where none are scheduled, so that no alarm rings. */
function lastBackup(backups: BackupsState | null): number {
	return backups === null ? Number.NaN : (backups.lastAt ?? 0) / 1000
}

/** Hashes are compared: how far two tokens agree shows in no time. */
function isBearer(authorization: string | undefined, token: string): boolean {
	const digest = (text: string) => createHash('sha256').update(text).digest()
	return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`))
}
