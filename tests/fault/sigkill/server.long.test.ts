import { expect, test } from 'vitest'
import { KillStory } from '#tests/support/fault/kill-story.ts'

test(
	'[L1] a server killed a hundred times under load loses nothing that it acked, and doubles nothing',
	{ timeout: 1_800_000 },
	async () => {
		const story = await KillStory.open()
		try {
			const { counts, broken } = await story.run(100, 'a hundred kills')
			process.stdout.write(`sigkill: ${JSON.stringify(counts)}\n`)
			expect(broken).toEqual([])
			expect(counts.acked).toBeGreaterThan(1500)
			expect(counts.killedWhileUploading).toBeGreaterThan(20)
		} finally {
			await story.close()
		}
	},
)
