/** A code on one screen, held before the camera of another browser: the camera's film is that picture, with something around it. */
import type { Locator } from '@playwright/test'
import { open, writeFile } from 'node:fs/promises'

const [width, height] = [640, 640]
const [header, frame] = [`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`, 'FRAME\n']

/** One frame: brightness of each pixel, no colour. */
const filmOf = (luma: Buffer) =>
	Buffer.concat([Buffer.from(header + frame), luma, Buffer.alloc((width * height) / 2, 128)])

/** A wall, before the browser is started. */
export function holdNothing(camera: string): Promise<void> {
	return writeFile(camera, filmOf(Buffer.alloc(width * height, 90)))
}

/** What is seen from now on; the camera reads the file anew with each frame. */
export async function hold(camera: string, code: Locator): Promise<void> {
	const png = await code.screenshot()
	const luma = await code.page().evaluate(
		async ({ encoded, size }) => {
			const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0))
			const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
			const canvas = new OffscreenCanvas(size, size)
			const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
			context.fillStyle = '#666'
			context.fillRect(0, 0, size, size)
			// Held as hands do: not quite straight.
			context.translate(size / 2, size / 2)
			context.rotate(0.06)
			context.drawImage(image, -size * 0.42, -size * 0.42, size * 0.84, size * 0.84)
			const { data } = context.getImageData(0, 0, size, size)
			let text = ''
			for (let at = 0; at < data.length; at += 4) text += String.fromCharCode(data[at + 1] as number)
			return btoa(text)
		},
		{ encoded: png.toString('base64'), size: width },
	)
	// Over what is there: a film that ends while it is read is none any more.
	const film = await open(camera, 'r+')
	await film.write(filmOf(Buffer.from(luma, 'base64')), 0, null, 0)
	await film.close()
}
