import { expect, test } from 'vitest'
import { KillStory } from '#tests/support/fault/kill-story.ts'

test(
	'[L1] a server killed ten times under load loses nothing that it acked, and doubles nothing',
	{ timeout: 240_000 },
	async () => {
		const story = await KillStory.open()
		try {
			const { counts, broken } = await story.run(10, 'ten kills')
			process.stdout.write(`sigkill: ${JSON.stringify(counts)}\n`)
			expect(broken).toEqual([])
			expect(counts.acked).toBeGreaterThan(100)
			expect(counts.killedWhileUploading).toBeGreaterThan(1)
		} finally {
			await story.close()
		}
	},
)
