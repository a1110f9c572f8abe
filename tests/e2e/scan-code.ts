/** What a camera reads off a screen: the QR code as it is drawn, pixel by pixel, decoded by somebody else's reader. */
import { type Page } from '@playwright/test'
import jsqr from 'jsqr'
import { words } from './wording.ts'

interface Picture {
	readonly width: number
	readonly height: number
	/** RGBA, base64. */
	readonly pixels: string
}

function pixelsOf(page: Page, png: Buffer): Promise<Picture> {
	return page.evaluate(async (encoded) => {
		const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0))
		const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
		const canvas = new OffscreenCanvas(image.width, image.height)
		const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
		context.drawImage(image, 0, 0)
		const { data } = context.getImageData(0, 0, image.width, image.height)
		const chars = Array.from(data, (byte) => String.fromCharCode(byte))
		return { width: image.width, height: image.height, pixels: btoa(chars.join('')) }
	}, png.toString('base64'))
}

/** The text of the code that stands on this page; null where none can be read. */
export async function scanCode(page: Page, name = words('add_link_qr')): Promise<string | null> {
	const code = page.getByRole('img', { name }).filter({ visible: true })
	const { width, height, pixels } = await pixelsOf(page, await code.screenshot())
	const read = jsqr as unknown as typeof jsqr.default
	return read(new Uint8ClampedArray(Buffer.from(pixels, 'base64')), width, height)?.data ?? null
}
