/** Advisory locks of the database that an instance has to itself. */
export const locks = {
	/** Held by the transaction that writes: one at a time, of all nodes. */
	writer: 0x6b697468,
	migration: 0x6b697469,
	/** A move from SQLite. */
	move: 0x6b69746a,
} as const
