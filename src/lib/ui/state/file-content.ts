/** A file of a message as the browser's own object: fetched, opened and put together piece by piece. */
import type { KithApi, KithError } from '#core/api.ts'
import type { FileView } from './views.ts'

export type Loaded = { readonly ok: true; readonly value: Blob } | { readonly ok: false; readonly error: KithError }

/** What a page may show of somebody else's file: anything else is bytes to be saved, whatever it says it is. */
const shownTypes: readonly string[] = [
	...['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', 'image/bmp'],
	...['audio/webm', 'audio/ogg', 'audio/mp4', 'audio/mpeg', 'audio/wav'],
]

export async function loadFile(api: KithApi, conversation: string, file: FileView): Promise<Loaded> {
	const { blob } = file
	const fetched = await api.fetchFile({ conversation, blob })
	if (!fetched.ok) return fetched
	const pieces: Blob[] = []
	for (let index = 0; ; index++) {
		const read = await api.readFile({ conversation, blob, index })
		if (!read.ok) return read
		// Blobs lie outside of this page's memory: the browser keeps them, on its disk where they are large.
		pieces.push(read.value.piece)
		if (read.value.final) return { ok: true, value: new Blob(pieces, { type: typeOf(file) }) }
	}
}

function typeOf({ mime }: FileView): string {
	const plain = mime.split(';', 1)[0] as string
	return shownTypes.includes(plain) ? plain : 'application/octet-stream'
}
