/**
 * Backups that the server makes by itself, each in a folder that is named by its time, and the removal of the oldest. The work is
 * `kith backup` in a process of its own: the check of a copy takes seconds for each gigabyte, and nobody waits for it here.
 */
import type { Clock, Timers } from '#protocol/ports.ts'
import type { BackupPlan } from '#server/config.ts'
import type { Log } from '#server/domain/log.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { decodeManifest, manifestName } from './manifest.ts'

const hour = 60 * 60 * 1000
/** After a failure; and no look at the folder is further away. */
const lookAgain = hour
/** Low: people come first. */
const priority = 10
/** What a backup that was cut short left behind goes after so long. */
const leftoverAge = 24 * hour

const namePattern = /^kith-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$/
const partialPattern = /^(kith-\d{8}-\d{6})\.partial-[0-9a-f]{8}$/

/** In UTC, so that names are in the order of time. */
export function backupName(at: number): string {
	return `kith-${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`
}

/** Null: no name of ours. */
function timeOfName(name: string): number | null {
	const parts = namePattern.exec(name)?.slice(1).map(Number)
	if (parts === undefined) return null
	const [year = 0, month = 1, date = 1, hours = 0, minutes = 0, seconds = 0] = parts
	return Date.UTC(year, month - 1, date, hours, minutes, seconds)
}

export interface StoredBackup {
	readonly path: string
	readonly at: number
}

/** Whole backups of this instance that were named here, the oldest first; what else lies in the folder is none of ours. */
export async function backupsIn(folder: string, instance: string): Promise<StoredBackup[]> {
	const names = await readdir(folder).catch(() => [])
	const found: StoredBackup[] = []
	for (const name of names) {
		const at = timeOfName(name)
		const path = join(folder, name)
		if (at !== null && (await instanceOfBackup(path)) === instance) found.push({ path, at })
	}
	return found.toSorted((a, b) => a.at - b.at)
}

async function instanceOfBackup(path: string): Promise<string | null> {
	const text = await readFile(join(path, manifestName), 'utf8').catch(() => '')
	const manifest = decodeManifest(text)
	return manifest.ok ? manifest.value.instance : null
}

export interface BackupsState {
	/** Of the newest; null: there is none yet. */
	readonly lastAt: number | null
	/** Since the start. */
	readonly failures: number
}

export interface ScheduledBackups {
	readonly state: () => BackupsState
	/** Ends the one that is under way. */
	stop(): Promise<void>
}

export interface ScheduledBackupsOptions {
	readonly plan: BackupPlan
	readonly data: string
	/** serverId in base64url. */
	readonly instance: string
	readonly clock: Clock
	readonly timers: Timers
	readonly log: Log
}

export function startBackups(options: ScheduledBackupsOptions): ScheduledBackups {
	const { plan, instance, clock, timers, log } = options
	const ending = new AbortController()
	let state: BackupsState = { lastAt: null, failures: 0 }
	let underWay: Promise<void> = Promise.resolve()
	let forgetTimer = () => {}

	async function look(): Promise<void> {
		const before = await backupsIn(plan.folder, instance)
		state = { ...state, lastAt: before.at(-1)?.at ?? null }
		const due = state.lastAt === null ? clock() : state.lastAt + plan.everyHours * hour
		if (clock() < due) return again(Math.min(due - clock(), lookAgain))
		await make()
		again(Math.min(plan.everyHours * hour, lookAgain))
	}

	async function make(): Promise<void> {
		const at = clock()
		const began = performance.now()
		try {
			await mkdir(plan.folder, { recursive: true, mode: 0o700 })
			await removeLeftovers(plan.folder, at)
			await runBackup(join(plan.folder, backupName(at)), options, ending.signal)
			const all = await backupsIn(plan.folder, instance)
			for (const { path } of all.slice(0, Math.max(0, all.length - plan.keep)))
				await rm(path, { recursive: true, force: true })
			state = { ...state, lastAt: all.at(-1)?.at ?? null }
			log.info('backup made', { ms: performance.now() - began, count: Math.min(all.length, plan.keep) })
		} catch (error) {
			if (ending.signal.aborted) return
			state = { ...state, failures: state.failures + 1 }
			log.warn('backup failed', { code: 'backup-failed', error })
		}
	}

	function again(ms: number): void {
		if (!ending.signal.aborted) forgetTimer = timers.after(ms, begin)
	}
	function begin(): void {
		underWay = look().catch((error: unknown) => {
			log.warn('backup failed', { code: 'backup-failed', error })
			again(lookAgain)
		})
	}
	begin()
	return {
		state: () => state,
		stop: () => {
			ending.abort()
			forgetTimer()
			return underWay
		},
	}
}

const program = resolve(import.meta.dirname, '../../kith.js')

/** Rejects when it does not end well; then nothing is left but what the next one removes. */
async function runBackup(to: string, { plan, data }: ScheduledBackupsOptions, signal: AbortSignal): Promise<void> {
	const secrets = plan.passphraseFile === null ? [] : ['--passphrase-file', plan.passphraseFile]
	const args = [program, 'backup', to, '--data', data, '--json', ...secrets]
	const child = spawn(process.execPath, args, { stdio: 'ignore', signal })
	if (child.pid !== undefined) lowerPriority(child.pid)
	const [code] = (await once(child, 'exit')) as [number | null]
	if (code !== 0) throw new Error(`kith backup ended with ${code}`)
}

function lowerPriority(pid: number): void {
	try {
		setPriority(pid, priority)
	} catch {
		// Not everywhere may one do that; the backup is made all the same.
	}
}

async function removeLeftovers(folder: string, now: number): Promise<void> {
	for (const name of await readdir(folder)) {
		const at = timeOfName(partialPattern.exec(name)?.[1] ?? '')
		if (at !== null && at < now - leftoverAge) await rm(join(folder, name), { recursive: true, force: true })
	}
}
