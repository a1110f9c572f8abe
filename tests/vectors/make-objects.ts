/**
 * Writes tests/vectors/objects.json: every object, log body, hash and id in bytes. Run once for each new format
 * (`node tests/vectors/make-objects.ts`); what stands there is frozen, so it adds and never replaces.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { bytesToHex } from '#protocol/bytes.ts'
import { samples } from '../support/object-samples.ts'

const file = new URL('objects.json', import.meta.url)
const frozen: Record<string, string> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}

for (const { title, bytes } of samples) frozen[title] ??= bytesToHex(bytes)

writeFileSync(file, `${JSON.stringify(frozen, null, '\t')}\n`)
