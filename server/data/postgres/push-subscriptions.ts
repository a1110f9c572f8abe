/** Where devices can be woken, in PostgreSQL. */
import type { PushSubscriptionRow, PushSubscriptions } from '#server/domain/push-ports.ts'
import { statements, type Queryable } from './statements.ts'

const columns = 'p.device, p.account, p.endpoint, p.key, p.auth, p.quiet, p.at'
const lives = 'SELECT 1 FROM session_families f WHERE f.account = p.account AND f.device = p.device AND f.ended_at IS NULL'

export function postgresPushSubscriptions(db: Queryable): PushSubscriptions {
	const { get, all, change } = statements(db)
	return {
		put: async ({ device, account, endpoint, key, auth, quiet, at }) => {
			await change(
				`INSERT INTO push_subscriptions (device, account, endpoint, key, auth, quiet, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
				 ON CONFLICT (device) DO UPDATE SET account = $2, endpoint = $3, key = $4, auth = $5, quiet = $6, at = $7`,
				...[device, account, endpoint, key, auth, quiet, at],
			)
		},
		of: (device) =>
			get<PushSubscriptionRow>(`SELECT ${columns} FROM push_subscriptions p WHERE p.device = $1`, device),
		at: (endpoint) =>
			all<PushSubscriptionRow>(
				`SELECT ${columns} FROM push_subscriptions p WHERE p.endpoint = $1 ORDER BY p.device`,
				endpoint,
			),
		ofMembers: (conversation) =>
			all<PushSubscriptionRow>(
				`SELECT ${columns} FROM push_subscriptions p JOIN members m ON m.account = p.account
				 WHERE m.conversation = $1 AND EXISTS (${lives}) ORDER BY p.device`,
				conversation,
			),
		delete: async (device, endpoint) => {
			await change('DELETE FROM push_subscriptions WHERE device = $1 AND endpoint = $2', device, endpoint)
		},
		deleteEnded: async () => {
			await change(`DELETE FROM push_subscriptions p WHERE NOT EXISTS (${lives})`)
		},
		endpoints: async () =>
			(await all<{ endpoint: string }>('SELECT endpoint FROM push_subscriptions ORDER BY device')).map(
				({ endpoint }) => endpoint,
			),
	}
}
