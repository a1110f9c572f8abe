/** What the operator may count (server/ops/metrics): how much and how long, never who, where or what. */
import type { Pushed } from './push-ports.ts'

export interface Meter {
	/** One turn of deciding and committing, in seconds, with the items that it took. */
	turn(seconds: number, items: number): void
	/** Stored items handed to sockets, one for each item and socket. */
	delivered(items: number): void
	/** A push message went to a push service, or did not. */
	pushed(outcome: Pushed): void
	/** A limit refused something; `limit` is its name in rate-limits.ts. */
	refused(limit: string): void
}

/** Nobody counts. */
export const noMeter: Meter = { turn: () => {}, delivered: () => {}, refused: () => {}, pushed: () => {} }
