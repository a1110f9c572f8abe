/**
 * Results: one JSON line each on stdout, numbers as numbers (budgets of the project's design name the fields). All else
 * that is said goes to stderr, so that `npm run --silent bench -- sync | jq` works.
 */
export type Line = Readonly<Record<string, string | number | boolean | null>>

export function printLine(line: Line): void {
	process.stdout.write(`${JSON.stringify(line)}\n`)
}

export function say(text: string): void {
	process.stderr.write(`${text}\n`)
}

/** Rounds to so many digits behind the point. */
export function rounded(value: number, digits = 2): number {
	return Number(value.toFixed(digits))
}

/** One line per kind of line (same texts), each number the median of the runs. A single run passes through. */
export function mediansOf(runs: readonly (readonly Line[])[]): Line[] {
	const [first] = runs
	if (runs.length <= 1) return [...(first ?? [])]
	const groups = Map.groupBy(runs.flat(), nameOf)
	return [...groups.values()].map((lines) => ({ ...mergedLine(lines), runs: lines.length }))
}

function nameOf(line: Line): string {
	return JSON.stringify(Object.entries(line).filter(([, value]) => typeof value === 'string'))
}

function mergedLine(lines: readonly Line[]): Line {
	const merged: Record<string, string | number | boolean | null> = {}
	for (const [name, value] of Object.entries(lines[0] ?? {})) {
		merged[name] = typeof value === 'number' ? median(lines.map((line) => Number(line[name]))) : value
	}
	return merged
}

export function median(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b)
	const middle = Math.floor(sorted.length / 2)
	const upper = sorted[middle] ?? Number.NaN
	return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** `sorted` ascending; the smallest value that at least this share of the values does not exceed. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
	if (sorted.length === 0) return Number.NaN
	return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN
}
