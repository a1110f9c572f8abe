/**
 * A picture as a group shows it: its middle, square and small, drawn anew, so that nothing goes along but what is seen. Loaded
 * when somebody chooses one.
 */

/** Pixels of each side: sharp in the largest place on a dense screen. */
const side = 256
/** As the protocol has it (SPEC PIC1), and kinder qualities until it fits. */
const bytesMax = 48 * 1024
const qualities: readonly number[] = [0.86, 0.7, 0.5, 0.3]

/** Null for what the browser cannot draw. */
export async function squarePicture(file: Blob): Promise<Blob | null> {
	const bitmap = await createImageBitmap(file).catch(() => null)
	if (bitmap === null) return null
	try {
		const canvas = new OffscreenCanvas(side, side)
		const context = canvas.getContext('2d')
		if (context === null) return null
		const edge = Math.min(bitmap.width, bitmap.height)
		context.fillStyle = '#fff'
		context.fillRect(0, 0, side, side)
		context.imageSmoothingQuality = 'high'
		const [left, top] = [(bitmap.width - edge) / 2, (bitmap.height - edge) / 2]
		context.drawImage(bitmap, left, top, edge, edge, 0, 0, side, side)
		for (const quality of qualities) {
			const drawn = await canvas.convertToBlob({ type: 'image/jpeg', quality })
			if (drawn.size <= bytesMax) return drawn
		}
		return null
	} finally {
		bitmap.close()
	}
}
