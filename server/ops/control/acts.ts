/**
 * What the command line asks of an instance, by name: the same table whether a running server carries it out, over its control
 * socket, or the command itself, where none runs. Inputs are checked here; outputs are plain JSON.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import type { Domain } from '#server/domain/domain.ts'
import type { Decided } from '#server/domain/refusal.ts'
import * as z from 'zod'

export interface ActContext {
	readonly domain: Pick<Domain, 'operator'>
	/** Links begin with it. */
	readonly origin: string
}

interface Act<I extends z.ZodType, O> {
	readonly input: I
	readonly run: (context: ActContext, input: z.output<I>) => Promise<Decided<O>>
}

function act<I extends z.ZodType, O>(input: I, run: Act<I, O>['run']): Act<I, O> {
	return { input, run }
}

const nothing = z.object({})
const somebody = z.object({ name: z.string().max(64) })

export const acts = {
	'users.list': act(z.object({ search: z.string().max(64) }), async ({ domain }, { search }) =>
		ok(
			(await domain.operator.users(search)).map(({ name, role, createdAt, disabledAt }) => ({
				...{ name, role, createdAt, disabledAt },
			})),
		),
	),
	'users.disable': act(somebody, ({ domain }, { name }) => domain.operator.disable(name)),
	'users.enable': act(somebody, ({ domain }, { name }) => domain.operator.enable(name)),
	'users.sessions': act(somebody, async ({ domain }, { name }) => {
		const sessions = await domain.operator.sessions(name)
		if (!sessions.ok) return sessions
		return ok(
			sessions.value.map(({ device, createdAt, lastUsedAt }) => ({
				...{ device: bytesToBase64url(device), createdAt, lastUsedAt },
			})),
		)
	}),
	'bots.list': act(nothing, async ({ domain }) =>
		ok((await domain.operator.bots()).map((bot) => ({ ...bot, scopes: [...bot.scopes] }))),
	),
	'bots.disable': act(somebody, ({ domain }, { name }) => domain.operator.disableBot(name)),
	'bots.enable': act(somebody, ({ domain }, { name }) => domain.operator.enableBot(name)),
	'admin.link': act(nothing, async ({ domain, origin }) => {
		const token = await domain.operator.setupToken()
		return token.ok ? ok({ url: `${origin}/setup#${token.value}` }) : token
	}),
	'admin.grant': act(somebody, ({ domain }, { name }) => domain.operator.makeAdmin(name)),
	invite: act(
		z.object({
			by: z.string().max(64).nullable(),
			uses: z.int().min(1).max(100),
			days: z.int().min(1).max(365),
		}),
		async ({ domain, origin }, about) => {
			const invite = await domain.operator.invite(about)
			if (!invite.ok) return invite
			const { fragment, by, expiresAt } = invite.value
			return ok({ url: `${origin}/i#${fragment}`, by, expiresAt })
		},
	),
	'rooms.list': act(nothing, async ({ domain }) => {
		const rooms = await domain.operator.rooms()
		const open = rooms.open.map(({ name, members, archived, createdAt, lastAt }) => ({
			...{ name, members, archived, createdAt, lastAt },
		}))
		return ok({ open, private: rooms.private })
	}),
	audit: act(
		z.object({ before: z.int().min(1).nullable(), limit: z.int().min(1).max(1000) }),
		async ({ domain }, about) => {
			const { entries, next } = await domain.operator.audit(about)
			const written = entries.map(({ by, subject, ...entry }) => ({
				...entry,
				by: by === null ? null : bytesToBase64url(by),
				subject: subject === null ? null : bytesToBase64url(subject),
			}))
			return ok({ entries: written, next })
		},
	),
	stats: act(nothing, async ({ domain }) => ok(await domain.operator.figures())),
} as const

export type ActName = keyof typeof acts
export type ActInput<N extends ActName> = z.input<(typeof acts)[N]['input']>
export type ActOutput<N extends ActName> =
	Awaited<ReturnType<(typeof acts)[N]['run']>> extends Decided<infer O> ? O : never

export function isActName(name: string): name is ActName {
	return Object.hasOwn(acts, name)
}

/** Refused besides: malformed, for an input that is none of this act. */
export async function runAct(context: ActContext, name: ActName, input: unknown): Promise<Decided<unknown>> {
	const { input: schema, run } = acts[name] as Act<z.ZodType, unknown>
	const parsed = schema.safeParse(input)
	return parsed.success ? run(context, parsed.data) : { ok: false, error: { type: 'malformed' } }
}
