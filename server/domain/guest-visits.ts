/**
 * The visits of guests (SPEC GST1, GST6): in the memory of the nodes alone. Each node knows those that it has heard of; the others
 * find them among the values that nodes share, and an hour after nobody heard of it a visit is in neither.
 */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { GUEST_IDLE, GUEST_LIFETIME } from '#protocol/limits.ts'
import type { DomainPorts } from './domain.ts'

export interface Visit {
	/** 32 random bytes. */
	readonly account: Bytes
	readonly device: Bytes
	/** Ed25519. */
	readonly signingKey: Bytes
	/** Stands for the address that it came from. */
	readonly address: string
	/** Milliseconds since the epoch, as `heardAt`. */
	readonly startedAt: number
}

export interface GuestVisits {
	begin(sid: string, visit: Visit): Promise<void>
	/** It is heard of by this. Null: its time is over, or there is none. */
	find(sid: string): Promise<Visit | null>
	/** The same of one that this node knows. */
	isHere(sid: string): boolean
	end(sid: string): Promise<void>
	/** Those that this node knows; of one address, where it is named. */
	count(address?: string): number
	dropExpired(): void
}

interface KnownVisit {
	readonly visit: Visit
	heardAt: number
	/** When the others were told last that it was heard of. */
	toldAt: number
}

/** How seldom a visit that goes on is told of, ms. */
const tellEvery = 60_000

export function createGuestVisits({ clock, cluster, ephemeral, log }: DomainPorts): GuestVisits {
	const visits = new Map<string, KnownVisit>()
	const keyOf = (sid: string) => `guest:${sid}`
	const isOver = ({ visit, heardAt }: KnownVisit): boolean =>
		clock() >= visit.startedAt + GUEST_LIFETIME || clock() >= heardAt + GUEST_IDLE

	async function tell(sid: string, known: KnownVisit): Promise<void> {
		known.toldAt = clock()
		const left = Math.min(GUEST_IDLE, known.visit.startedAt + GUEST_LIFETIME - clock())
		await ephemeral.put(keyOf(sid), encodeVisit(known), left)
	}

	function hear(sid: string): Visit | null {
		const known = visits.get(sid)
		if (known === undefined) return null
		// The others may have heard of it since: they keep it then.
		if (isOver(known)) {
			visits.delete(sid)
			return null
		}
		known.heardAt = clock()
		if (clock() >= known.toldAt + tellEvery)
			tell(sid, known).catch((error: unknown) => log.error('a visit was not shared', { error }))
		return known.visit
	}

	async function fetch(sid: string): Promise<void> {
		const stored = await ephemeral.get(keyOf(sid))
		const known = stored === null ? null : decodeVisit(stored)
		if (known !== null && !visits.has(sid)) visits.set(sid, { ...known, toldAt: known.heardAt })
	}

	cluster.subscribe('session-ended', ({ sid }) => void visits.delete(sid))

	return {
		begin: async (sid, visit) => {
			const known = { visit, heardAt: clock(), toldAt: clock() }
			visits.set(sid, known)
			await tell(sid, known)
		},
		find: async (sid) => {
			const here = hear(sid)
			if (here !== null) return here
			await fetch(sid)
			return hear(sid)
		},
		isHere: (sid) => hear(sid) !== null,
		end: async (sid) => {
			const visit = visits.get(sid)?.visit
			await ephemeral.take(keyOf(sid))
			if (visit === undefined) return
			const account = bytesToBase64url(visit.account)
			cluster.publish('session-ended', { sid, account, code: 'guest-ended' })
		},
		count: (address) => {
			const here = [...visits.values()].filter((known) => !isOver(known))
			return here.filter(({ visit }) => address === undefined || visit.address === address).length
		},
		dropExpired: () => {
			for (const [sid, known] of visits) if (isOver(known)) visits.delete(sid)
		},
	}
}

type StoredVisit = readonly [string, string, string, string, number, number]

function encodeVisit({ visit, heardAt }: KnownVisit): string {
	const [account, device, key] = [visit.account, visit.device, visit.signingKey].map(bytesToBase64url)
	return JSON.stringify([account, device, key, visit.address, visit.startedAt, heardAt])
}

/** Of what a node of this instance wrote. */
function decodeVisit(stored: string): Pick<KnownVisit, 'visit' | 'heardAt'> | null {
	const [account, device, key, address, startedAt, heardAt] = JSON.parse(stored) as StoredVisit
	const [accountBytes, deviceBytes, signingKey] = [account, device, key].map(base64urlToBytes)
	if (!accountBytes || !deviceBytes || !signingKey) return null
	return { visit: { account: accountBytes, device: deviceBytes, signingKey, address, startedAt }, heardAt }
}
