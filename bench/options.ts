/** What may be said on the command line behind the bench's name. */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { systemNames, type SystemName } from './systems/system.ts'

export interface BenchOptions {
	/** Times each bench is run; above 1 the lines are medians, and each run's own go to stderr. */
	readonly runs: number
	readonly systems: readonly SystemName[]
	/** Small sizes: to see that it works. Not a measurement. */
	readonly quick: boolean
	/** Seconds of each measured window. */
	readonly seconds: number
	/** Of `sync`; null for both. */
	readonly scenario: string | null
	/** Devices of `idle`. */
	readonly devices: number
	/** Members of each conversation of `idle`; 2 are direct conversations. */
	readonly members: number
	/** A folder for CPU profiles of the servers; null for none. What is measured beside one is slower than it is. */
	readonly profile: string | null
}

export const usage = `npm run bench -- <bench> [--runs n] [--quick] [--systems kith,hocuspocus,y-websocket]
                     [--scenario 20x5|1x200] [--seconds n] [--devices n] [--members n] [--profile folder]`

/** Throws what to tell the user. */
export function readOptions(args: readonly string[]): BenchOptions {
	const { values } = parseArgs({
		args: [...args],
		options: {
			runs: { type: 'string', default: '1' },
			systems: { type: 'string', default: systemNames.join(',') },
			quick: { type: 'boolean', default: false },
			seconds: { type: 'string' },
			scenario: { type: 'string' },
			devices: { type: 'string' },
			members: { type: 'string', default: '5' },
			profile: { type: 'string' },
		},
	})
	const { quick } = values
	const systems = values.systems.split(',')
	const unknown = systems.find((name) => !(systemNames as readonly string[]).includes(name))
	if (unknown !== undefined) throw new Error(`There is no system "${unknown}": ${systemNames.join(', ')}.`)
	return {
		runs: count('runs', values.runs),
		systems: systems as readonly SystemName[],
		quick,
		seconds: count('seconds', values.seconds ?? (quick ? '2' : '10')),
		scenario: values.scenario ?? null,
		devices: count('devices', values.devices ?? (quick ? '100' : '5000')),
		members: count('members', values.members),
		profile: values.profile ?? null,
	}
}

function count(name: string, value: string): number {
	if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`--${name} is "${value}": it must be a whole number from 1.`)
	return Number(value)
}

/** Of one measurement; the folder is made. */
export function profileOf(folder: string | null, name: string): string | null {
	if (folder === null) return null
	mkdirSync(folder, { recursive: true })
	return join(resolve(folder), `${name}.cpuprofile`)
}
