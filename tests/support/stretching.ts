/**
 * What a test server asks of OPAQUE (KITH_OPAQUE_STRETCHING=cheap): version 0, which a client takes only when told. Archives are made by the
 * newest version, which is as cheap here.
 */
import type { Stretchings } from '#core/deps.ts'
import { STRETCHING } from '#protocol/limits.ts'

const cheap = { iterations: 1, memory: 8, parallelism: 1 }

export const testStretchings: Stretchings = new Map([
	[0, cheap],
	[STRETCHING.version, cheap],
])
