/** `npm run bench -- <bench>`: what the machine does just now, then one JSON line per system and scenario. */
import { calibrate } from './calibrate.ts'
import { mediansOf, printLine, say, type Line } from './lines.ts'
import { readOptions, usage, type BenchOptions } from './options.ts'
import { disk } from './disk.ts'
import { idle } from './idle.ts'
import { havePeers } from './peers.ts'
import { saturate } from './saturate.ts'
import { sync } from './sync.ts'

type Bench = (options: BenchOptions) => Promise<Line[]>

/** Loaded when they run: they bring a browser's driver along. */
const size: Bench = async () => (await import('./size.ts')).size()

const start: Bench = async () => (await import('./start.ts')).start()
const open: Bench = async (options) => (await import('./open.ts')).open(options)
const scroll: Bench = async (options) => (await import('./scroll.ts')).scroll(options)
const rotate: Bench = async (options) => (await import('./rotate.ts')).rotate(options)
const search: Bench = async (options) => (await import('./search.ts')).search(options)
const catchup: Bench = async (options) => (await import('./catchup.ts')).catchup(options)
const fanout2: Bench = async (options) => (await import('./fanout2.ts')).fanout2(options)
const e2e: Bench = async (options) => (await import('./e2e.ts')).e2e(options)

const benches: Readonly<Record<string, Bench>> = {
	...{ sync, saturate, idle, disk },
	...{ size, start, open, scroll, e2e, rotate, search, catchup, fanout2 },
}
const comparing: ReadonlySet<string> = new Set(['sync', 'saturate', 'idle'])
/** Named by the budgets, not built yet. */
const unbuilt: ReadonlySet<string> = new Set(['newdevice'])

async function main([name = '', ...args]: readonly string[]): Promise<number> {
	const bench = benches[name]
	if (unbuilt.has(name)) {
		say(`The bench "${name}" is not built yet.`)
		return 2
	}
	if (bench === undefined) {
		say(`${usage}\nBenches: ${Object.keys(benches).join(', ')}; not built yet: ${[...unbuilt].join(', ')}.`)
		return 2
	}
	const options = readOptions(args)
	if (comparing.has(name) && options.systems.some((system) => system !== 'kith') && !havePeers()) {
		say('The peers cannot be installed: run `npm ci --prefix bench`, or measure ours alone with `--systems kith`.')
		return 2
	}
	printLine(calibrate())
	const runs: Line[][] = []
	for (let run = 1; run <= options.runs; run++) {
		runs.push(await bench(options))
		if (options.runs > 1) for (const line of runs.at(-1) ?? []) say(`run ${run}: ${JSON.stringify(line)}`)
	}
	for (const line of mediansOf(runs)) printLine(line)
	return 0
}

main(process.argv.slice(2)).then(
	(code) => process.exit(code),
	(error: unknown) => {
		say(error instanceof Error ? String(error.stack) : String(error))
		process.exit(1)
	},
)
