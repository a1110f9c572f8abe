import { expect, test } from 'vitest'
import { changesSince, schemaAfter, schemaChanges, schemaVersion, storeSchema } from '#store/schema.ts'

test('the schema is the sum of its changes', () => {
	expect(Object.fromEntries(schemaAfter(schemaChanges))).toEqual(storeSchema)
})

test('changes are numbered one after the other', () => {
	expect(schemaChanges.map((change) => change.version)).toEqual(schemaChanges.map((_, i) => i + 1))
	expect(changesSince(schemaVersion(schemaChanges), schemaChanges)).toEqual([])
})
