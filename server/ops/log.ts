/**
 * The log: one JSON object per line on standard error, by pino. Only the fields named here are written: whatever else a
 * caller passes is dropped, so that a body, token or name cannot slip in with an object.
 */
import type { Log, LogFields } from '#server/domain/log.ts'
import { createHash } from 'node:crypto'
import { pino, type DestinationStream } from 'pino'

type Level = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** The first 8 hexadecimal digits of SHA-256: joins the lines about one id without naming it. */
function shortHash(id: string): string {
	return createHash('sha256').update(id).digest('hex').slice(0, 8)
}

/** Class and stack. A message may quote what a client sent, and the stack begins with the message: it is cut off. */
function describe(error: unknown): { name: string; stack: string } {
	if (!(error instanceof Error)) return { name: typeof error, stack: '' }
	const stack = error.stack ?? ''
	const begin = stack.indexOf(error.message)
	const frames = stack
		.slice(begin < 0 ? 0 : begin + error.message.length)
		.split('\n')
		.filter((line) => /^\s+at /.test(line))
	return {
		name: error.name,
		stack: frames
			.slice(0, 8)
			.map((line) => line.trim())
			.join(' < '),
	}
}

type Formatted = { readonly [K in keyof Required<LogFields>]: (value: never) => unknown }

const asIs = (value: unknown) => value
const allowed: Formatted = {
	account: shortHash,
	conversation: shortHash,
	session: shortHash,
	route: asIs,
	method: asIs,
	status: asIs,
	code: asIs,
	ms: (value: number) => Math.round(value * 10) / 10,
	count: asIs,
	error: describe,
}

function format(fields: LogFields): Record<string, unknown> {
	const out: Record<string, unknown> = {}
	for (const [name, toText] of Object.entries(allowed)) {
		const value = fields[name as keyof LogFields]
		if (value !== undefined) out[name] = (toText as (value: unknown) => unknown)(value)
	}
	return out
}

/** Ids in fields are base64url text; they leave as short hashes. */
export function createLog(level: Level, destination?: DestinationStream): Log {
	const formatters = { level: (label: string) => ({ level: label }) }
	const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }
	const logger = pino(options, destination ?? pino.destination({ fd: 2, sync: true }))
	return {
		debug: (event, fields = {}) => logger.debug(format(fields), event),
		info: (event, fields = {}) => logger.info(format(fields), event),
		warn: (event, fields = {}) => logger.warn(format(fields), event),
		error: (event, fields = {}) => logger.error(format(fields), event),
	}
}
