/** What must hold on every screen, asked of a real page: accessibility rules, room for the words, size of targets. */
import { expect, type Locator, type Page } from '@playwright/test'
import { brokenRules } from './axe.ts'

const themes = ['light', 'dark'] as const

/** Two frames; a browser that draws for nobody is not waited for longer than a second. */
function drawn(page: Page): Promise<unknown> {
	return page.evaluate(() => {
		const frames = new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
		return Promise.race([frames, new Promise((done) => setTimeout(done, 1_000))])
	})
}

/** No violation of any rule of axe, in light and dark; dark differs in its colours alone, and is asked for those. */
export async function expectAccessible(page: Page, where: string): Promise<void> {
	// Colours change in a moment: what is half way between two themes is of neither.
	const still = await page.evaluateHandle(() => {
		const sheet = new CSSStyleSheet()
		sheet.replaceSync('*, ::before, ::after, ::backdrop { transition: none !important }')
		document.adoptedStyleSheets.push(sheet)
		return sheet
	})
	for (const colorScheme of themes) {
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
		await expect(page.locator('html')).toHaveClass(colorScheme === 'dark' ? /\bdark\b/ : /^(?!.*\bdark\b)/)
		await drawn(page)
		const found = await brokenRules(page, colorScheme === 'dark' ? ['color-contrast'] : undefined)
		expect(found, `${where}, ${colorScheme}`).toEqual([])
	}
	await still.evaluate((sheet) => {
		document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet)
	})
}

/**
 * Words that are cut off: beyond the edge of the window, or of a box that hides what overflows it. Names and messages may end
 * in an ellipsis (they stand in `bdi`); words of the app may not.
 */
export function cutWords(page: Page): Promise<string[]> {
	return page.evaluate(() => {
		const slack = 2
		const isFree = (element: Element) =>
			element.closest('bdi, [aria-hidden=true], .sr-only, pre, [dir=ltr], #svelte-announcer, [data-sonner-toaster]')
		const hides = (element: Element) => /hidden|clip/.test(getComputedStyle(element).overflowX)
		const scrolls = (element: Element) => /auto|scroll/.test(getComputedStyle(element).overflowX)
		function edges(from: Element): [number, number] {
			let [start, end] = [0, document.documentElement.clientWidth]
			for (let box: Element | null = from; box !== null; box = box.parentElement) {
				if (scrolls(box)) break
				if (!hides(box)) continue
				const { left, right } = box.getBoundingClientRect()
				;[start, end] = [Math.max(start, left), Math.min(end, right)]
			}
			return [start, end]
		}
		const cut: string[] = []
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
		for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
			const parent = node.parentElement
			const text = node.textContent?.trim() ?? ''
			if (parent === null || !/\p{L}/u.test(text) || isFree(parent)) continue
			if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue
			const range = document.createRange()
			range.selectNodeContents(node)
			const [start, end] = edges(parent)
			const isCut = [...range.getClientRects()].some(
				({ left, right, width }) => width > 0 && (left < start - slack || right > end + slack),
			)
			if (isCut) cut.push(text)
		}
		return cut
	})
}

/** Visible controls smaller than `px` to the finger or the pointer, with what extends their reach. Links within a sentence may be. */
export function smallTargets(page: Page, px: number): Promise<string[]> {
	return page.evaluate((least) => {
		// Behind an open dialog nothing can be hit.
		const within = document.querySelector('dialog[open]') ?? document
		const controls = [
			...within.querySelectorAll<HTMLElement>('a[href], button, input, [role=switch], label:has(input)'),
		]
		const reaches = (control: HTMLElement, x: number, y: number) => {
			const hit = document.elementFromPoint(x, y)
			return hit !== null && (control.contains(hit) || hit.contains(control) || hit.closest('label')?.contains(control))
		}
		return controls
			.filter((control) => control.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
			.filter((control) => !control.closest('.sr-only') && !control.matches('.sr-only'))
			.filter((control) => getComputedStyle(control).display !== 'inline')
			.filter((control) => {
				const { left, top, width, height } = control.getBoundingClientRect()
				if (width === 0 || top < 0 || top + height > innerHeight) return false
				const [x, y, reach] = [left + width / 2, top + height / 2, least / 2 - 1]
				// Behind the details, which cover a whole phone.
				if (document.elementFromPoint(x, y)?.closest('aside') !== control.closest('aside')) return false
				const wide = width >= least - 1 || (reaches(control, x - reach, y) && reaches(control, x + reach, y))
				const high = height >= least - 1 || (reaches(control, x, y - reach) && reaches(control, x, y + reach))
				return !(wide && high)
			})
			.map((control) => control.getAttribute('aria-label') ?? control.textContent?.trim() ?? control.outerHTML)
	}, px)
}

/** By Tab alone; a control that cannot be reached so within fifty presses is not for the keyboard. */
export async function tabTo(page: Page, control: Locator): Promise<void> {
	for (let presses = 0; presses < 50; presses++) {
		if (await control.evaluate((element) => element === document.activeElement)) return
		await page.keyboard.press('Tab')
	}
	throw new Error('the keyboard does not come there')
}
