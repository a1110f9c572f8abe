/** Vault versions, VK boxes and binds in PostgreSQL. */
import type { BindRow, VaultRow, Vaults, VkBoxRow } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

export function postgresVaults(db: Queryable): Vaults {
	return { ...versions(db), ...boxes(db) }
}

type VersionMethods = 'newest' | 'insert' | 'prune'

function versions(db: Queryable): Pick<Vaults, VersionMethods> {
	const { get, change } = statements(db)
	return {
		newest: (account) =>
			get<VaultRow>(
				`SELECT version, device, stored_at AS "storedAt", vault FROM vaults WHERE account = $1 ORDER BY version DESC LIMIT 1`,
				account,
			),
		insert: async (account, { version, device, storedAt, vault }) =>
			(await change(
				`INSERT INTO vaults (account, version, device, stored_at, vault) SELECT $1::bytea, $2::bigint, $3::bytea, $4::bigint, $5::bytea
				 WHERE $2 = (SELECT coalesce(max(version), 0) + 1 FROM vaults WHERE account = $1) ON CONFLICT DO NOTHING`,
				...[account, version, device, storedAt, vault],
			)) === 1,
		prune: async (account, before) => {
			await change(
				`DELETE FROM vaults WHERE account = $1 AND stored_at < $2
				 AND version NOT IN (SELECT max(version) FROM vaults WHERE account = $1 GROUP BY device)`,
				account,
				before,
			)
		},
	}
}

function boxes(db: Queryable): Omit<Vaults, VersionMethods> {
	const { all, change } = statements(db)
	return {
		boxes: (account) =>
			all<VkBoxRow>(
				'SELECT recipient, vk_gen AS "vkGen", box FROM vk_boxes WHERE account = $1 ORDER BY recipient, vk_gen',
				account,
			),
		insertBox: async (account, { recipient, vkGen, box }) =>
			(await change(
				'INSERT INTO vk_boxes (account, recipient, vk_gen, box) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
				...[account, recipient, vkGen, box],
			)) === 1,
		deleteBox: async (account, recipient) => {
			await change('DELETE FROM vk_boxes WHERE account = $1 AND recipient = $2', account, recipient)
		},
		binds: (account) => all<BindRow>('SELECT method, bind FROM binds WHERE account = $1 ORDER BY method', account),
		insertBind: async (account, { method, bind }) => {
			await change('INSERT INTO binds (account, method, bind) VALUES ($1, $2, $3)', account, method, bind)
		},
	}
}
