/** B11: what a message of 300 characters takes on our server's disk, in direct conversations written in turn. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { encodePlaintext } from '../src/lib/protocol/plaintext.ts'
import { runFleet } from './load/fleet.ts'
import { jobsOf } from './load/split.ts'
import { itemOverhead } from './load/signed-items.ts'
import { rounded, type Line } from './lines.ts'
import type { BenchOptions } from './options.ts'
import { seedFolder, separateGroups } from './seed/seed.ts'
import { startKith } from './systems/start.ts'

const conversations = 50
const textBytes = 300
const gcmTag = 16
const rate = 1000

/** AES-GCM adds its tag to the padded plaintext and nothing else. */
function ciphertextBytes(): number {
	const was: never[] = []
	const common = { version: 1, writtenAt: Date.now(), prev: null, was } as const
	const text = 'x'.repeat(textBytes)
	const body = {
		kind: 'post',
		...common,
		text,
		replyTo: null,
		mentions: [],
		attachments: [],
		forwarded: false,
	} as const
	return encodePlaintext(body).length + gcmTag
}

export async function disk({ quick }: BenchOptions): Promise<Line[]> {
	const messages = quick ? 20 : 400
	const ciphertext = ciphertextBytes()
	const { data, world, remove } = await seedFolder(separateGroups(conversations, 2))
	try {
		// Started and stopped once, so that what a first start writes is no message's.
		await (await startKith(data)).stop()
		const before = await bytesIn(data)
		const server = await startKith(data)
		const loop = { type: 'open', everyMs: (1000 * conversations) / rate, conversations, warmUpMs: 0 } as const
		const shape = { system: 'kith', server, world, conversations, members: 2, messages, loop } as const
		const { lost, notAccepted } = await runFleet(server, jobsOf({ ...shape, itemBytes: ciphertext + itemOverhead }, 1))
		await server.stop()
		const stored = conversations * messages
		const perMessage = ((await bytesIn(data)) - before) / stored
		return [
			{
				...{ bench: 'disk', system: 'kith', bytes_per_message: rounded(perMessage, 1), ciphertext_bytes: ciphertext },
				...{ messages: stored, ratio: rounded(perMessage / ciphertext), lost, not_accepted: notAccepted },
			},
		]
	} finally {
		await remove()
	}
}

/** All files of the data folder; the write-ahead log has gone into the database when the server stops. */
async function bytesIn(folder: string): Promise<number> {
	const names = await readdir(folder)
	const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
	return sizes.reduce((sum, size) => sum + size, 0)
}
