/**
 * Servers of the operator's choice by which devices find a way to each other (decision 0421). A TURN server is used with a name that
 * says until when it holds, and a password that follows from it and a secret that server shares with us: nobody is made known to
 * it, and what somebody was given serves nobody for long ("REST API for access to TURN services", draft-uberti-behave-turn-rest-00).
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { DomainPorts } from './domain.ts'

/** Port: what is configured. */
export interface IceHelp {
	readonly stun: readonly string[]
	readonly turn: {
		readonly urls: readonly string[]
		/** base64 of HMAC-SHA1 over the name, under the shared secret. */
		readonly passwordOf: (username: string) => string
	} | null
}

export interface NamedIceServers {
	readonly servers: readonly {
		readonly urls: readonly string[]
		readonly username: string | null
		readonly credential: string | null
	}[]
	/** Ask again before that, ms. */
	readonly until: number
}

export interface IceServers {
	/** Is there a TURN server, so that addresses can be hidden? */
	readonly isRelayed: boolean
	readonly name: () => NamedIceServers
}

/** A link that stands is kept on with what began it: as long as a browser is likely to be open at a time. */
export const turnHoldsMs = 12 * 60 * 60 * 1000

export function createIceServers({
	iceHelp,
	clock,
	random,
}: Pick<DomainPorts, 'iceHelp' | 'clock' | 'random'>): IceServers {
	const { stun, turn } = iceHelp
	return {
		isRelayed: turn !== null,
		name: () => {
			const until = clock() + turnHoldsMs
			const open = stun.length === 0 ? [] : [{ urls: stun, username: null, credential: null }]
			if (turn === null) return { servers: open, until }
			// Of no account: the operator of a TURN server need not learn who it is.
			const username = `${Math.floor(until / 1000)}:${bytesToBase64url(random(9))}`
			const credential = turn.passwordOf(username)
			return { servers: [...open, { urls: turn.urls, username, credential }], until }
		},
	}
}
