import { inProcessCluster, inProcessEphemeral, inProcessLimiter } from '#server/cluster/in-process.ts'
import { clusterContract } from '#tests/support/cluster-contract.ts'

clusterContract('one process', async () => {
	let now = 0
	const listenerErrors: unknown[] = []
	return {
		cluster: inProcessCluster('here', (error) => listenerErrors.push(error)),
		ephemeral: inProcessEphemeral(() => now),
		limiter: inProcessLimiter(),
		advance: (ms) => {
			now += ms
		},
		settled: () => Promise.resolve(),
		listenerErrors,
	}
})
