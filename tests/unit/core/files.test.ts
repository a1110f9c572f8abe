/** Files that the server does not take just now, and those that make room for others. */
import { expect, it } from 'vitest'
import { createFiles } from '#core/files.ts'
import { memoryShelf } from '#core/memory-shelf.ts'
import { sealFile } from '#core/seal-file.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { CallError, Transferred } from '#sync/http-client.ts'
import { eventually } from '../../support/core-client.ts'
import { holdProviderTimers, talkOf } from '../../support/core-talk.ts'
import { fileNamed } from '../../support/files.ts'
import { must } from '../../support/watching.ts'

holdProviderTimers()

type Answer = Result<Transferred, CallError>

const has = (offset: number): Answer =>
	ok({ header: (name) => (name === 'upload-offset' ? String(offset) : null), body: new Uint8Array() })

it('[M3] a file that the server does not take says why, comes again by itself, and at once when somebody says so', async () => {
	const talk = await talkOf('uploads')
	const client = await talk.start()
	await client.online()
	const { files, http } = client.context
	let answer: Answer = fail({ type: 'problem', code: 'files-unavailable' })
	let asked = 0
	Object.assign(http, { transfer: async () => (asked++, answer) })
	const attachments = must(await files.seal(talk.talk.id, [fileNamed('film', 1000)]))
	const total = attachments[0]!.length
	const key = await client.conversation().post('film', { attachments })
	const standsFor = (why: string, times: number) =>
		eventually(() => asked === times && files.transfers()[0]?.stalled === why, `${why}, asked ${times} times`)

	await standsFor('files-unavailable', 1)
	expect(files.transfers()).toMatchObject([{ direction: 'up', done: 0, total }])
	answer = fail({ type: 'offline' })
	await client.time.advance(3_000)
	await standsFor('no-answer', 2)
	answer = fail({ type: 'problem', code: 'rate-limited', retryAfterMs: 60_000 })
	await client.time.advance(3_000)
	await standsFor('rate-limited', 3)
	await client.time.advance(30_000)
	await client.idle()
	expect(asked).toBe(3)

	answer = has(total)
	expect(await client.conversation().retry(key)).toEqual({ ok: true, value: null })
	await eventually(() => files.transfers().length === 0, 'the file at the server')
	await eventually(async () => (await client.messages())[0]?.mark === 'sent', 'its message sent')
	expect(client.troubles).toEqual([])
})

it('[M3] deleted before it left, a message takes its files along', async () => {
	const talk = await talkOf('uploads deleted')
	const client = await talk.start()
	await client.online()
	const { files, http } = client.context
	Object.assign(http, { transfer: async () => fail({ type: 'problem', code: 'files-unavailable' }) })
	const attachments = must(await files.seal(talk.talk.id, [fileNamed('film', 1000)]))
	const key = await client.conversation().post('film', { attachments })
	await eventually(() => files.transfers()[0]?.stalled === 'files-unavailable', 'the file stands still')
	must(await client.conversation().redact(key))
	expect([files.transfers(), await client.messages()]).toEqual([[], []])
	expect(await files.sealed(attachments[0]!, 0, 1)).toBeNull()
	expect(client.troubles).toEqual([])
})

it('[M3] what nobody wanted for longest makes room, and nothing that no server has', async () => {
	const talk = await talkOf('files make room')
	const { context } = await talk.start()
	const { crypto, http, time } = context
	const theirs = memoryShelf()
	Object.assign(http, {
		transfer: async ({ input: { blob, from } }: { input: { blob: string; from: number } }) =>
			ok({ header: () => null, body: await theirs.read(blob, from, await theirs.size(blob)) }),
	})
	let now = time.now()
	const files = createFiles({
		...context,
		shelf: memoryShelf(),
		now: () => ++now,
		changed: () => {},
		preparingChanged: () => {},
		keptBytes: 250_000,
	})
	const described = { name: 'file', mime: 'text/plain', picture: null, sound: null }
	const sealed = (name: string) =>
		sealFile({ crypto, shelf: theirs, sealed: () => {} }, fileNamed(name, 100_000).file, described)
	const fetched = async (file: Attachment) => must(await files.fetch(talk.talk.id, file, new Uint8Array(16)))
	const isHere = async (file: Attachment) => (await files.chunk(file, 0)).ok

	const [own] = must(await files.seal(talk.talk.id, [fileNamed('own', 200_000)]))
	const [one, two, three] = [await sealed('one'), await sealed('two'), await sealed('three')]
	for (const file of [one, two, one, three]) await fetched(file)
	expect(await Promise.all([one, two, three, own!].map(isHere))).toEqual([true, false, true, true])
	await fetched(two)
	expect(await Promise.all([one, two, three, own!].map(isHere))).toEqual([false, true, true, true])
	files.close()
})
