/** Pictures for stories, as a browser draws them. */
import type { Page } from '@playwright/test'

/** What a camera knows of where it was. */
export const placeOfHome = 'GPS 51.4769 N 0.0005 W'

/** As a camera leaves it: with the place in a segment of its own. */
export async function photograph(page: Page, width: number, height: number): Promise<Buffer> {
	const drawn = await page.evaluate(
		async ([w, h]) => {
			const canvas = new OffscreenCanvas(w as number, h as number)
			const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
			const sky = context.createLinearGradient(0, 0, w as number, h as number)
			sky.addColorStop(0, '#f6a04d')
			sky.addColorStop(1, '#2a6f97')
			context.fillStyle = sky
			context.fillRect(0, 0, w as number, h as number)
			const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 })
			return [...new Uint8Array(await blob.arrayBuffer())]
		},
		[width, height],
	)
	const exif = Buffer.from(`Exif\0\0${placeOfHome}`, 'latin1')
	const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, exif.length + 2]), exif])
	return Buffer.concat([Buffer.from(drawn.slice(0, 2)), segment, Buffer.from(drawn.slice(2))])
}
