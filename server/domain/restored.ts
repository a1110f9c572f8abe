/**
 * A database that came back from a backup has forgotten what others have seen: heads that it signed, numbers that it gave,
 * tokens that it changed. It says so by a new instance epoch, in which nothing is a fork because of what was forgotten
 * (SPEC LOG10), and gives no number twice. For RECOVERY_WINDOW it takes back what devices hold.
 */
import { decode, encode, time8 } from '#protocol/codec.ts'
import { RECOVERY_QUIET, RECOVERY_WINDOW } from '#protocol/limits.ts'
import type { Clock, RandomBytes } from '#protocol/ports.ts'
import type { Repositories, UnitOfWork } from './ports.ts'

export interface BeginAnewPorts {
	readonly unitOfWork: UnitOfWork
	readonly random: RandomBytes
	readonly clock: Clock
}

/** Once, on the restored database, before anybody is served from it. */
export function beginAnew({ unitOfWork, random, clock }: BeginAnewPorts): Promise<void> {
	return unitOfWork.transaction(async ({ instanceFacts, events, sealedEntries }) => {
		await instanceFacts.set('epoch', random(16))
		await instanceFacts.set('restored-at', encode(time8, clock()))
		await events.leap()
		await sealedEntries.leap()
	})
}

/** Null: never restored. */
async function restoredAt({ instanceFacts }: Repositories): Promise<number | null> {
	const stored = await instanceFacts.get('restored-at')
	const at = stored === null ? null : decode(time8, stored)
	return at?.ok === true ? at.value : null
}

/** Until when devices that know more of a log come first; null: nobody is waited for. */
export async function quietUntil(repositories: Repositories, now: number): Promise<number | null> {
	const at = await restoredAt(repositories)
	return at !== null && now < at + RECOVERY_QUIET ? at + RECOVERY_QUIET : null
}

export async function isRecovering(repositories: Repositories, now: number): Promise<boolean> {
	const at = await restoredAt(repositories)
	return at !== null && now < at + RECOVERY_WINDOW
}
