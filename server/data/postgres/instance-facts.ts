/** Facts of the instance in PostgreSQL. */
import type { Bytes } from '#protocol/bytes.ts'
import type { InstanceFacts } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

export function postgresInstanceFacts(db: Queryable): InstanceFacts {
	const { get, change } = statements(db)
	const put =
		'INSERT INTO instance_facts (fact, value) VALUES ($1, $2) ON CONFLICT (fact) DO UPDATE SET value = excluded.value'
	return {
		get: async (fact) =>
			(await get<{ value: Bytes }>('SELECT value FROM instance_facts WHERE fact = $1', fact))?.value ?? null,
		set: async (fact, value) => {
			if (value === null) await change('DELETE FROM instance_facts WHERE fact = $1', fact)
			else await change(put, fact, value)
		},
	}
}
