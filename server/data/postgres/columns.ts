/** Column types of all schema files. They say what the columns are to migrations; statements.ts says how values go in and out. */
import { customType } from 'drizzle-orm/pg-core'

export const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })

/** Numbers that are exact in JavaScript: times in ms, counts, places. */
export const whole = customType<{ data: number }>({ dataType: () => 'bigint' })

/** In the order of its bytes, as in SQLite, whatever language the database was made for. */
export const text = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' })
