/**
 * Each predicate that says what is valid in a conversation log (conversation-rules.ts), attacked at three doors: HTTP, the
 * socket, and a lying server in front of an honest client, who is shown the entry under a head that the server really signed.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeConversationBody } from '#protocol/conversation-log.ts'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { roleOf, type ConversationRule } from '#protocol/conversation-case.ts'
import { entryRules } from '#protocol/conversation-rules.ts'
import { appendConversationEntry } from '#protocol/conversation-state.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { guidOf } from '#protocol/guid.ts'
import { linkIdOf, padConversationId } from '#protocol/ids.ts'
import { chainHash, type SignedEntry } from '#protocol/log-entry.ts'
import { signEntry } from '#crypto/signing-key.ts'
import { deriveEpochKeys } from '#crypto/epoch.ts'
import { nodeHash } from '#server/node-crypto.ts'
import { codeOf, toText } from '#tests/support/http-person.ts'
import { now } from '#tests/support/watching.ts'
import { groupUntil } from '#tests/support/groups.ts'
import { attacks, type Attack } from './attacks.ts'
import { entryText, openCast, type Cast, type Room } from './cast.ts'

let cast: Cast
beforeAll(async () => {
	cast = await openCast()
	for (const [name, room] of Object.entries(cast.logs))
		if (name !== 'direct') await groupUntil(cast.bob, room.id, ({ epoch }) => epoch === room.state.epochs.length)
}, 180_000)
afterAll(() => cast.close())

async function signed({ by, body, link }: Attack): Promise<SignedEntry> {
	const bytes = encodeConversationBody(body)
	const { crypto, person } = cast[by]
	const device = await signEntry(crypto, person.device.signing, { kind: 'device', purpose: 'log', body: bytes })
	const beside =
		link === undefined ? [] : [await signEntry(crypto, link.signing, { kind: 'link', purpose: 'join', body: bytes })]
	return { body: bytes, signatures: [device, ...beside] }
}

function headAfter(room: Room, { body }: SignedEntry) {
	const { seq, hash } = cast.logs[room].state.head
	return { seq: seq + 1, hash: chainHash(nodeHash, hash, { seq: seq + 1, body }) }
}

/** Which sentences of its type an entry breaks. */
function broken({ room, body }: Attack, rules: readonly ConversationRule<never>[]): string[] {
	const { state } = cast.logs[room]
	const link = body.type === 'link' ? bytesToBase64url(linkIdOf(nodeHash, body.signingKey)) : null
	const role = roleOf(state, body.author)
	const asked = { state, seq: state.head.seq + 1, body: body as never, role, accounts: cast.accounts, link }
	return rules.filter(({ holds }) => !holds(asked)).map(({ sentence }) => sentence)
}

/** The verdict of the rules as a client asks them: what the whole log says, not one predicate. */
async function isValid({ room }: Attack, entry: SignedEntry): Promise<boolean> {
	const accounts = (idHash: Uint8Array) => cast.accounts.get(bytesToBase64url(idHash as never)) ?? null
	const { hash, verify } = cast.olga.crypto
	return (await appendConversationEntry(cast.logs[room].state, entry, { accounts, hash, verify })).ok
}

const refusals = ['bad-entry', 'stale-head', 'bad-link', 'not-found']

async function overHttp({ room, by }: Attack, entry: SignedEntry): Promise<void> {
	const form = { conversation: cast.logs[room].id, entry: entryText(entry), boxes: [] }
	expect(refusals).toContain(await codeOf(cast[by].person.http.call((api) => api.conversations.append(form))))
	const { log } = await logOf(room)
	expect(log.entries).toEqual(cast.logs[room].entries.map(entryText))
}

async function logOf(room: Room) {
	const answer = await cast.olga.person.http.call((api) => api.conversations.log({ conversation: cast.logs[room].id }))
	if (!answer.ok) throw new Error(JSON.stringify(answer.error))
	return answer.value
}

/** What is written as if the entry stood: at its place in the log, under its hash. */
async function overSocket({ room, by }: Attack, entry: SignedEntry): Promise<void> {
	const { state, key } = cast.logs[room]
	const guid = guidOf({ conversation: state.id, page: 0, part: 0 })
	const socket = await cast[by].socket()
	if (roleOf(state, cast[by].person.account.idHash) === null) {
		socket.say({ t: 'open', guid })
		expect((await socket.told('closed', (closed) => closed.guid === guid)).code).toBe('not-member')
		return
	}
	const head = headAfter(room, entry)
	const talk = { id: cast.logs[room].id, state, key, keys: deriveEpochKeys(key), guid: () => guid }
	const place = { logSeq: head.seq, logHash: head.hash.slice(0, 16) }
	const item = await cast[by].item(talk, { place, epoch: state.epochs.length })
	expect((await cast[by].upload(guid, [item])).map((ack) => 'code' in ack && ack.code)).toEqual(['hold-log'])
}

/** Pushed to him, and once more as the answer when he asks for the log. */
async function byALyingServer({ room }: Attack, entry: SignedEntry): Promise<void> {
	// He is not in it, and asks for nothing: that clients refuse the entry, `isValid` has shown.
	if (room === 'direct') return
	const { id, state, entries } = cast.logs[room]
	const { line, bob, world } = cast
	const before = await now(bob.api, 'group', id)
	const head = toText(
		world.server.domain.instance.signHead({ subject: padConversationId(state.id), ...headAfter(room, entry) }),
	)
	const log = [...entries, entry].map(entryText)
	const message: HubFromServer & { t: 'conversation' } = {
		t: 'conversation',
		conversation: id,
		from: state.head.seq + 1,
		entries: [entryText(entry)],
		head,
	}
	let asked = Promise.withResolvers<void>()
	line.lie({
		http: (path, answer, query) => {
			if (path !== `/conversations/${id}/log`) return answer
			asked.resolve()
			const from = Number(query.get('from') ?? 0)
			return { ...(answer as object), log: { from, entries: log.slice(from), head } }
		},
	})
	line.tell(message)
	// One without entries has him ask; the second time he has judged what he was told, and what the first asking brought.
	for (let times = 0; times < 2; times++) {
		asked = Promise.withResolvers<void>()
		line.tell({ ...message, entries: [] })
		await asked.promise
	}
	line.lie({})
	expect(await now(bob.api, 'group', id)).toEqual(before)
}

const doors = { 'over HTTP': overHttp, 'over the socket': overSocket, 'by a lying server': byALyingServer } as const

const ofTypes = Object.entries(entryRules).flatMap(([type, rules]) =>
	rules.map(({ rule, sentence }) => ({ type, rule, sentence, rules: rules as readonly ConversationRule<never>[] })),
)
const ofAny = Object.keys(attacks['any'] ?? {}).map((sentence) => ({ type: 'any', rule: 'CNV7', sentence, rules: [] }))

/** The first rotate alone; it comes with create, and is attacked with it. */
const ofCreate = ['The first rotate names every member in acc.']

describe.each([...ofTypes, ...ofAny].filter(({ sentence }) => !ofCreate.includes(sentence)))(
	'[$rule] $type: $sentence',
	({ type, sentence, rules }) => {
		const made = () => {
			const make = attacks[type]?.[sentence]
			if (make === undefined)
				throw new Error(
					`nobody attacks "${sentence}": add an entry that it alone stops to attacks.${type} in tests/fault/predicates/attacks.ts`,
				)
			return make(cast)
		}

		test('stops what no other predicate of its table stops', async () => {
			for (const attack of made()) {
				if (type !== 'any') expect(broken(attack, rules).sort()).toEqual([sentence, ...(attack.also ?? [])].sort())
				expect(await isValid(attack, await signed(attack))).toBe(false)
			}
		})

		test.each(Object.entries(doors))('%s', { timeout: 60_000 }, async (_name, door) => {
			for (const attack of made()) await door(attack, await signed(attack))
		})
	},
)

test('after all of it Bob hears the truth', { timeout: 60_000 }, async () => {
	await cast.afterwards()
})
