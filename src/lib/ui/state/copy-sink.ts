/**
 * Where a copy goes, piece by piece. Where the browser lets one choose a file, straight into it: nothing of it stays in memory. Elsewhere into
 * Blobs, which the browser may put on the disk, and from there to where downloads go.
 */
import type { CopySink } from './save-copy.svelte.ts'

/** File System Access, as far as it is used: https://wicg.github.io/file-system-access/ */
type PickFile = (options: { suggestedName: string }) => Promise<PickedFile>
type PickedFile = FileSystemFileHandle & { remove?: () => Promise<void> }

/** Right after a click, or the browser does not ask. Null where the person chose no file. */
export async function openCopySink(name: string, type: string): Promise<CopySink | null> {
	const { showSaveFilePicker } = window as { showSaveFilePicker?: PickFile }
	if (showSaveFilePicker === undefined) return downloadSink(name, type)
	try {
		return await fileSink(await showSaveFilePicker({ suggestedName: name }))
	} catch (error) {
		if (error instanceof DOMException && error.name === 'AbortError') return null
		// Not here: in a frame, or by a rule of whoever keeps the device.
		return downloadSink(name, type)
	}
}

async function fileSink(file: PickedFile): Promise<CopySink> {
	// Written beside it, and moved there by `close`.
	const writable = await file.createWritable()
	return {
		write: (bytes) => writable.write(bytes),
		close: () => writable.close(),
		abort: async () => {
			await writable.abort()
			// The picker made an empty one.
			await file.remove?.().catch(() => undefined)
		},
	}
}

/** Bytes that are in the memory of the page before they become a Blob. */
const heldMax = 4 * 1024 * 1024

function downloadSink(name: string, type: string): CopySink {
	let blobs: Blob[] = []
	let held: Uint8Array<ArrayBuffer>[] = []
	let length = 0
	return {
		write: async (bytes) => {
			held.push(bytes)
			length += bytes.length
			if (length < heldMax) return
			blobs.push(new Blob(held))
			held = []
			length = 0
		},
		close: async () => {
			const url = URL.createObjectURL(new Blob([...blobs, ...held], { type }))
			Object.assign(document.createElement('a'), { href: url, download: name }).click()
			// The browser has begun to read it by then, and keeps what it reads.
			setTimeout(() => URL.revokeObjectURL(url), 60_000)
		},
		abort: async () => {
			blobs = []
			held = []
		},
	}
}
