/** What a test server asks of OPAQUE (KITH_OPAQUE_STRETCHING=cheap): version 0, which a client takes only when told. */
import { fixedStretchings, type Stretchings } from '#core/deps.ts'

export const testStretchings: Stretchings = new Map([
	...fixedStretchings,
	[0, { iterations: 1, memory: 8, parallelism: 1 }],
])
