/**
 * What the server says about itself, line by line: codes, counts, durations and short hashes of ids. Never bodies, tokens,
 * names, keys or addresses of pages. The adapter (server/ops/log.ts) drops every field that is not on its list.
 */
export interface LogFields {
	/** First 8 characters of an id's hash: enough to join lines, not enough to know whom they are about. */
	readonly account?: string
	readonly conversation?: string
	readonly session?: string
	readonly route?: string
	readonly method?: string
	readonly status?: number
	readonly code?: string
	readonly ms?: number
	readonly count?: number
	/** Stack and class of an unexpected error, without its message. */
	readonly error?: unknown
}

export interface Log {
	debug(event: string, fields?: LogFields): void
	info(event: string, fields?: LogFields): void
	warn(event: string, fields?: LogFields): void
	error(event: string, fields?: LogFields): void
}
