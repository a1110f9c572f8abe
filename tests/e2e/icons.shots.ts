/**
 * `npm run screenshots`: the mark of static/icons/kith.svg as pixels, at every size that a system asks for. One drawing, so
 * that no icon is of another day.
 */
import { expect, test, type Page } from '@playwright/test'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const folder = 'static/icons'

interface Icon {
	readonly file: string
	readonly size: number
	readonly form: Form
}

/**
 * - plate: as it is drawn, rounded, on nothing
 * - full: to the edges, for systems that round it themselves; the mark as large as on the plate
 * - maskable: to the edges, the mark inside the circle of 80 % that no mask cuts (https://www.w3.org/TR/appmanifest/#icon-masks)
 * - badge: the strokes alone, white on nothing: a system takes the shape and gives it its own colour
 */
type Form = 'plate' | 'full' | 'maskable' | 'badge'

const icons: readonly Icon[] = [
	{ file: 'kith-32.png', size: 32, form: 'plate' },
	{ file: 'kith-180.png', size: 180, form: 'full' },
	{ file: 'kith-192.png', size: 192, form: 'plate' },
	{ file: 'kith-512.png', size: 512, form: 'plate' },
	{ file: 'kith-maskable-192.png', size: 192, form: 'maskable' },
	{ file: 'kith-maskable-512.png', size: 512, form: 'maskable' },
	{ file: 'kith-badge-96.png', size: 96, form: 'badge' },
]

function drawn(svg: string, form: Form): string {
	if (form === 'plate') return svg
	if (form === 'full') return svg.replace(' rx="17"', '')
	if (form === 'maskable') {
		const smaller = svg.replace('<g ', '<g transform="translate(32 32) scale(0.82) translate(-32 -32)" ')
		return smaller.replace(' rx="17"', '')
	}
	const bare = svg.replace(/<rect[^>]*>/, '').replaceAll(/stroke="#[0-9a-f]+"/g, 'stroke="#fff"')
	return bare.replace('<g ', '<g transform="translate(32 32) scale(1.3) translate(-33.5 -32)" ')
}

async function render(page: Page, svg: string, { file, size, form }: Icon): Promise<void> {
	const source = `data:image/svg+xml;base64,${Buffer.from(drawn(svg, form)).toString('base64')}`
	await page.setViewportSize({ width: size, height: size })
	await page.setContent(`<style>body{margin:0}img{display:block;width:${size}px;height:${size}px}</style><img>`)
	await page.locator('img').evaluate(async (image: HTMLImageElement, from) => {
		image.src = from
		await image.decode()
	}, source)
	await page.screenshot({ path: join(folder, file), omitBackground: true })
}

test('every icon', async ({ page }) => {
	const svg = await readFile(join(folder, 'kith.svg'), 'utf8')
	for (const icon of icons) await render(page, svg, icon)
	expect(icons.length).toBeGreaterThan(0)
})
