/**
 * B8: the installed app, opened with no network on a slow phone: from the address of the last conversation until that is
 * readable. A real Chromium at 4 × CPU throttle, after one visit; the server is dead, nothing comes over a network. Chromium
 * slows a page's own thread; the worker in which the core runs has the speed of the machine. Each start is a new tab of a browser in which no other is open, so that core, store and keys are opened anew.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { newTab, openProfile, type Profile } from '../tests/e2e/profile.ts'
import { isKept } from '../tests/e2e/service-worker.ts'
import { startServerProcess } from '../tests/support/server-process.ts'
import { median, rounded, say, type Line } from './lines.ts'
import { lastWords, signIn, talk } from './seed/two-people.ts'

const throttle = 4
const starts = 5

export async function start(): Promise<Line[]> {
	const data = await mkdtemp(join(tmpdir(), 'kith-bench-'))
	const server = await startServerProcess({ data, env: { KITH_LOG: 'error' } })
	const browser = await openProfile({ port: server.port })
	try {
		const conversation = await talk(server)
		const visit = await newTab(browser)
		await visit.goto(`${server.origin}/sign-in`)
		await signIn(visit)
		await visit.goto(`${server.origin}/c/${conversation}`)
		await readable(visit)
		await isKept(visit)
		await server.kill()
		await browser.context.setOffline(true)
		browser.wire.cut()
		await visit.close()
		const times: number[] = []
		for (let i = 0; i < starts; i++) times.push(await startOnce(browser, `${server.origin}/c/${conversation}`))
		say(`start: ${times.map((ms) => rounded(ms, 0)).join(', ')} ms`)
		return [{ bench: 'start', ms: rounded(median(times), 0), starts, cpu_throttle: throttle }]
	} finally {
		await browser.close()
		await server.stop()
		await rm(data, { recursive: true, force: true })
	}
}

const readable = (page: Page) => page.getByRole('log').getByText(lastWords).waitFor()

/** Text, because it runs in the page and this is compiled without its types. */
const markReadable = `{
	const look = () => {
		const isThere = document.querySelector('[role=log]')?.textContent.includes(${JSON.stringify(lastWords)})
		requestAnimationFrame(isThere ? () => performance.mark('readable') : look)
	}
	requestAnimationFrame(look)
}`

async function startOnce({ context }: Profile, address: string): Promise<number> {
	const page = await context.newPage()
	const devtools = await context.newCDPSession(page)
	await devtools.send('Emulation.setCPUThrottlingRate', { rate: throttle })
	// The page's own clock: from the start of the navigation to the frame that shows the text.
	await page.addInitScript({ content: markReadable })
	await page.goto(address)
	await readable(page)
	const ms = await page.evaluate<number>(`new Promise((marked) => {
		const look = () => {
			const [mark] = performance.getEntriesByName('readable')
			if (mark) marked(mark.startTime)
			else requestAnimationFrame(look)
		}
		look()
	})`)
	await page.close()
	return ms
}
