import { modelSuite } from '#tests/support/model/model-suite.ts'

/** Failed once. */
const pinned = [
	// A graceful stop closed the database under a marker that was still being verified; so did `long 10` and `long 34`.
	'32a0544f',
]

modelSuite({
	seeds: [...pinned, ...Array.from({ length: 80 }, (_, i) => `long ${i + 1}`)],
	fresh: 20,
	steps: 100,
	atLeast: {
		...{ writes: 5000, promised: 4500, reads: 300, cuts: 300, broken: 1500, framesHeld: 500, reordered: 5 },
		...{ crashes: 400, reopened: 400, restarts: 100, powerCuts: 200, failures: 600, holds: 500 },
	},
})
