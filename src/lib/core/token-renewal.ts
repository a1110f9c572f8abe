/** Gives the open socket a new access token before the old one runs out; without it the server closes every ten minutes. */
import type { Timers } from '#protocol/ports.ts'
import type { Connection } from '#sync/connection.ts'
import type { ServerTime } from './identity.ts'
import type { TokenKeeper } from './tokens.ts'

export interface TokenRenewalDeps {
	readonly connection: Connection
	readonly tokens: Pick<TokenKeeper, 'access' | 'renewAt'>
	readonly timers: Timers
	readonly time: ServerTime
	readonly failed: (where: string, error: unknown) => void
}

/** A refresh that failed is not tried again at once, ms. */
const pauseMin = 5_000

/** Returns how to stop. */
export function startTokenRenewal({ connection, tokens, timers, time, failed }: TokenRenewalDeps): () => void {
	let cancel = () => {}

	async function renew(): Promise<void> {
		const token = await tokens.access()
		if (token.ok) connection.send({ t: 'token', accessToken: token.value })
		schedule()
	}

	function schedule(): void {
		cancel()
		const at = tokens.renewAt()
		if (at === null || connection.state().type !== 'online') return
		cancel = timers.after(
			Math.max(pauseMin, at - time.now()),
			() => void renew().catch((error: unknown) => failed('tokens', error)),
		)
	}

	const stop = connection.listen({ status: schedule })
	return () => {
		cancel()
		stop()
	}
}
