/** Column types that both schema files share. */
import type { Bytes } from '#protocol/bytes.ts'
import { customType } from 'drizzle-orm/sqlite-core'

/** A BLOB as bytes over a buffer of their own: what comes out never shares memory with the driver. */
export const bytes = customType<{ data: Bytes; driverData: Uint8Array }>({
	dataType: () => 'blob',
	toDriver: (value) => value,
	fromDriver: (value) => new Uint8Array(value),
})
