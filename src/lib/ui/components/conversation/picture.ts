/**
 * A picture on its way out, drawn anew: nothing goes along but what is seen, no place, no camera, no name (EXIF, XMP). Loaded
 * when somebody sends one.
 */
import type { DrawnPicture } from '../../state/new-files.svelte.ts'
import { thumbHashOf } from '../../state/thumb-hash.ts'
import { bareGif } from './bare-gif.ts'

/** Pixels on the longer side of a picture that is sent smaller. */
const smallerSide = 2048
const thumbSide = 64
const quality = { smaller: 0.82, whole: 0.92 } as const

/** Null for what the browser cannot draw: it goes as a file. */
export async function preparePicture(file: Blob, smaller: boolean): Promise<DrawnPicture | null> {
	const bitmap = await createImageBitmap(file).catch(() => null)
	if (bitmap === null) return null
	try {
		const side = Math.max(bitmap.width, bitmap.height)
		const scale = smaller ? Math.min(1, smallerSide / side) : 1
		const drawn = draw(bitmap, scale)
		const thumb = draw(bitmap, Math.min(1, thumbSide / side))
		const { width, height } = thumb
		const rgba = contextOf(thumb).getImageData(0, 0, width, height).data
		const picture = { width: drawn.width, height: drawn.height, thumbhash: thumbHashOf({ width, height, rgba }) }
		// A film of pictures would come to a stop, drawn anew.
		const film = file.type === 'image/gif' ? bareGif(new Uint8Array(await file.arrayBuffer())) : null
		if (film !== null) return { file: new Blob([film], { type: file.type }), picture }
		const type = file.type === 'image/png' && !smaller ? 'image/png' : 'image/jpeg'
		return { file: await drawn.convertToBlob({ type, quality: quality[smaller ? 'smaller' : 'whole'] }), picture }
	} finally {
		bitmap.close()
	}
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
	const context = canvas.getContext('2d')
	if (context === null) throw new Error('nothing to draw on')
	return context
}

function draw(bitmap: ImageBitmap, scale: number): OffscreenCanvas {
	const canvas = new OffscreenCanvas(
		Math.max(1, Math.round(bitmap.width * scale)),
		Math.max(1, Math.round(bitmap.height * scale)),
	)
	const context = contextOf(canvas)
	context.fillStyle = '#fff'
	context.fillRect(0, 0, canvas.width, canvas.height)
	context.imageSmoothingQuality = 'high'
	context.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
	return canvas
}
