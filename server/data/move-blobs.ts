/** Files from the data folder into the store that the configuration names now: at the start, before anybody asks for one. */
import type { Bytes } from '#protocol/bytes.ts'
import type { BlobFiles } from '#server/domain/blob-ports.ts'

const pieceBytes = 1024 * 1024

export interface Move {
	readonly from: BlobFiles
	readonly to: BlobFiles
	/** How far it came; null: it is nobody's. */
	readonly received: (blob: Bytes) => Promise<number | null>
}

/** How many were moved. One leaves its old place when all of it is in the new one: what breaks off goes on with the next start. */
export async function moveBlobs({ from, to, received }: Move): Promise<number> {
	let moved = 0
	for await (const blob of from.list()) {
		const length = await received(blob)
		for (let at = 0; at < (length ?? 0); at += pieceBytes)
			await to.write(blob, at, await from.read(blob, at, Math.min(length ?? 0, at + pieceBytes)))
		if (length !== null) await to.finish(blob, length)
		await from.remove(blob)
		moved++
	}
	return moved
}
