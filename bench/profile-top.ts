/** `node bench/profile-top.ts <folder or file.cpuprofile> [count]`: where a profiled server spent its time, most first. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface CallFrame {
	readonly functionName: string
	readonly url: string
	readonly lineNumber: number
}

interface ProfileNode {
	readonly id: number
	readonly callFrame: CallFrame
	readonly children?: readonly number[]
}

/** As `node --cpu-prof` writes it; times in µs. */
interface Profile {
	readonly nodes: readonly ProfileNode[]
	readonly samples: readonly number[]
	readonly timeDeltas: readonly number[]
}

/** Waiting, not work. */
const waiting = /^\((idle|program|root)\)/

function selfTimes({ samples, timeDeltas }: Profile): Map<number, number> {
	const times = new Map<number, number>()
	samples.forEach((id, i) => times.set(id, (times.get(id) ?? 0) + (timeDeltas[i] ?? 0)))
	return times
}

function place({ functionName, url, lineNumber }: CallFrame, caller: string | null): string {
	const name = functionName === '' ? '(anonymous)' : functionName
	// Native code, in the name of who called it.
	if (url === '') return caller === null || name !== '(anonymous)' ? name : `${name} ← ${caller}`
	const path = url.startsWith('file:') ? fileURLToPath(url) : url
	const short = path.replace(/^.*\/node_modules\//, '').replace(`${process.cwd()}/`, '')
	return `${name}  ${short}:${lineNumber + 1}`
}

/** Self time and time with everything called from there, by function; a function within itself counts once. */
function timesByFunction(profile: Profile) {
	const self = selfTimes(profile)
	const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
	const rows = new Map<string, { self: number; total: number }>()
	const rowOf = (name: string) => {
		const known = rows.get(name) ?? { self: 0, total: 0 }
		rows.set(name, known)
		return known
	}
	const walk = (node: ProfileNode, above: ReadonlySet<string>, caller: string | null): number => {
		const name = place(node.callFrame, caller)
		const own = self.get(node.id) ?? 0
		const inside = new Set(above).add(name)
		const below = (node.children ?? []).reduce((sum, id) => sum + walk(nodes.get(id) as ProfileNode, inside, name), 0)
		rowOf(name).self += own
		if (!above.has(name)) rowOf(name).total += own + below
		return own + below
	}
	const [root] = profile.nodes
	if (root !== undefined) walk(root, new Set(), null)
	return rows
}

function show(file: string, count: number): void {
	const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile
	const rows = [...timesByFunction(profile)].filter(([name]) => !waiting.test(name))
	const busy = rows.reduce((sum, [, { self }]) => sum + self, 0)
	const share = (time: number): string => `${((100 * time) / busy).toFixed(1)} %`.padStart(7)
	console.log(`${file}: ${Math.round(busy / 1000)} ms of work`)
	for (const by of ['self', 'total'] as const) {
		console.log(`\nmost by ${by}:   self   total`)
		for (const [name, times] of rows.toSorted(([, a], [, b]) => b[by] - a[by]).slice(0, count)) {
			console.log(`${share(times.self)} ${share(times.total)}  ${name}`)
		}
	}
}

const [path = '.', count = '40'] = process.argv.slice(2)
const files = statSync(path).isDirectory()
	? readdirSync(path)
			.filter((name) => name.endsWith('.cpuprofile'))
			.map((name) => join(path, name))
	: [path]
for (const file of files) show(file, Number(count))
