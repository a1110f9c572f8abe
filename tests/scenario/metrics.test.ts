/** What an operator's Prometheus reads of a server on which people talk. */
import { expect, test } from 'vitest'
import { peopled, world } from '../support/story.ts'
import { textsUntil, until } from '../support/watching.ts'
import { befriend, openDirect, post } from '../support/world.ts'

const token = 'a-token-of-prometheus'

function scrape(origin: string, authorization?: string): Promise<Response> {
	return fetch(`${origin}/metrics`, { headers: authorization === undefined ? {} : { authorization } })
}

function valueOf(text: string, name: string): number {
	return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

test('[S4] metrics count what happens and name nobody', async () => {
	// Each node counts for itself.
	const opened = await world({ nodes: 1, env: { KITH_METRICS_TOKEN: token } })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(alice, conversation, 'one', 'two')
	await textsUntil(bob.api, conversation, ['one', 'two'])
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })

	const { origin, domain } = opened.server
	const answer = await scrape(origin, `Bearer ${token}`)
	expect(answer.status).toBe(200)
	expect(answer.headers.get('content-type')).toContain('text/plain')
	const text = await answer.text()
	expect(valueOf(text, 'kith_connections')).toBe(2)
	expect(valueOf(text, 'kith_accounts')).toBe(2)
	expect(valueOf(text, 'kith_events')).toBe(2)
	expect(valueOf(text, 'kith_turn_items_total')).toBeGreaterThanOrEqual(2)
	expect(valueOf(text, 'kith_turn_seconds_count')).toBeGreaterThanOrEqual(1)
	expect(valueOf(text, 'kith_deliveries_total')).toBeGreaterThanOrEqual(2)
	expect(valueOf(text, 'kith_database_bytes')).toBeGreaterThan(4096)
	expect(valueOf(text, 'kith_backup_last_seconds')).toBeNaN()
	expect(valueOf(text, 'kith_backup_failures')).toBe(0)
	expect(text).toContain('nodejs_eventloop_lag_seconds')

	const secrets = [alice.name, bob.name, alice.account, bob.account, conversation, '127.0.0.1', token]
	for (const secret of secrets) expect(text).not.toContain(secret)
	// Labels are a closed list: a new one is looked at here.
	const known = ['kind', 'le', 'limit', 'major', 'minor', 'patch', 'space', 'type', 'version']
	for (const [, label] of text.matchAll(/[{,](\w+)="/g)) expect(known).toContain(label)

	await expect(domain.limiter.consume({ name: 'test', points: 0, windowMs: 1000 }, 'alice')).resolves.not.toBeNull()
	const refused = await (await scrape(origin, `Bearer ${token}`)).text()
	expect(refused).toContain('kith_rate_limit_refusals_total{limit="test"} 1')
	expect(refused).not.toContain('alice')
})

test('[S4] metrics are for whoever has the token, and nowhere without one', async () => {
	const counted = await world({ env: { KITH_METRICS_TOKEN: token } })
	const { origin } = counted.server
	for (const authorization of [undefined, '', 'Bearer ', `Bearer ${token}x`, `Basic ${token}`, token]) {
		const answer = await scrape(origin, authorization)
		expect(answer.status).toBe(401)
		expect(await answer.text()).not.toContain('kith_')
	}
	expect((await fetch(`${origin}/metrics?token=${token}`)).status).toBe(401)
	const silent = await world()
	expect((await scrape(silent.server.origin, `Bearer ${token}`)).status).toBe(404)
})
