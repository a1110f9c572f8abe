/** What a command says: lines for people on standard output, or one JSON document; progress and errors on standard error. */
import process from 'node:process'

/** Ends a command with exit code 1: a sentence that says what is wrong and what to do. */
export class CommandFailed extends Error {
	/** For programs, beside the sentence. */
	readonly details: object

	constructor(sentence: string, details: object = {}) {
		super(sentence)
		this.details = details
	}
}

export interface Output {
	/** `lines` for people, `document` for programs. */
	say(document: object, lines: readonly string[]): void
	/** How far long work is; seen at a terminal only. */
	progress(text: string): void
	failed(error: CommandFailed): void
}

export function createOutput(json: boolean): Output {
	let shown = 0
	const clear = () => {
		if (shown > 0) process.stderr.write(`\r${' '.repeat(shown)}\r`)
		shown = 0
	}
	return {
		say: (document, lines) => {
			clear()
			process.stdout.write(json ? `${JSON.stringify(document)}\n` : lines.map((line) => `${line}\n`).join(''))
		},
		progress: (text) => {
			if (json || !process.stderr.isTTY) return
			clear()
			process.stderr.write(text)
			shown = text.length
		},
		failed: ({ message, details }) => {
			clear()
			if (json) process.stdout.write(`${JSON.stringify({ error: message, ...details })}\n`)
			else process.stderr.write(`${message}\n`)
		},
	}
}

/** Columns as wide as their longest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
	const widths: number[] = []
	for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)))
	return rows.map((row) =>
		row
			.map((cell, i) => cell.padEnd(widths[i] as number))
			.join('  ')
			.trimEnd(),
	)
}

/** `2026-11-22 17:30`, in UTC. */
export function timeText(ms: number): string {
	return new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']

export function bytesText(bytes: number): string {
	let [value, unit] = [bytes, 0]
	for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
	return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}
