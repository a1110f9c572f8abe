/** A headless client in a process of its own, so that a test can kill it as a power cut would: run by killable-client.ts. */
import { openAsBlob } from 'node:fs'
import process from 'node:process'
import type { FilePiece, KithApi, Views } from '#core/api.ts'
import { createNodeClient } from '#platform/node/node-client.ts'
import { testStretchings } from './stretching.ts'

export type ToClient =
	| { readonly type: 'call'; readonly id: number; readonly command: string; readonly input: unknown }
	| { readonly type: 'watch'; readonly id: number; readonly view: keyof Views; readonly of: string | null }
	| { readonly type: 'unwatch'; readonly id: number }

export type FromClient =
	| { readonly type: 'ready' }
	| { readonly type: 'answer'; readonly id: number; readonly value: unknown }
	/** Of a file, as bytes: no process sends another one a Blob. */
	| { readonly type: 'piece'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer>; readonly final: boolean }
	| { readonly type: 'threw'; readonly id: number; readonly message: string }
	| { readonly type: 'value'; readonly id: number; readonly value: unknown }

/** A file crosses processes as its path: here it is opened, and read piece by piece. */
async function withFiles(input: unknown): Promise<unknown> {
	const { files } = (input ?? {}) as { readonly files?: readonly { readonly file: { readonly path: string } }[] }
	if (files === undefined) return input
	const opened = files.map(async ({ file, ...facts }) => ({ ...facts, file: await openAsBlob(file.path) }))
	return { ...(input as object), files: await Promise.all(opened) }
}

const tell = (message: FromClient) => void process.send?.(message)

async function answer(api: KithApi, { id, command, input }: Extract<ToClient, { type: 'call' }>): Promise<void> {
	try {
		const run = api[command as keyof KithApi] as (input: unknown) => Promise<unknown>
		const value = await run(await withFiles(input))
		const { piece, final = false } = (value as { readonly value?: Partial<FilePiece> | null }).value ?? {}
		if (piece === undefined) tell({ type: 'answer', id, value })
		else tell({ type: 'piece', id, bytes: new Uint8Array(await piece.arrayBuffer()), final })
	} catch (error) {
		tell({ type: 'threw', id, message: error instanceof Error ? error.message : String(error) })
	}
}

const [serverUrl = '', path = ''] = process.argv.slice(2)
const api = await createNodeClient({ stretchings: testStretchings, serverUrl, storage: { path } })
const watches = new Map<number, () => void>()

process.on('message', (message: ToClient) => {
	if (message.type === 'call') return void answer(api, message)
	if (message.type === 'unwatch') return watches.get(message.id)?.()
	const { id, view, of } = message
	watches.set(
		id,
		api.watch(view, of as never, (value) => tell({ type: 'value', id, value })),
	)
})
// A test that failed does not kill its clients: they end with it.
process.on('disconnect', () => process.exit(1))
tell({ type: 'ready' })
