import { expect, test } from 'vitest'
import { createWake } from '#platform/browser/wake.ts'
import { FakeBrowser } from '../../support/fake-browser.ts'
import { settle } from '../../support/fake-timers.ts'

test('[L2] whichever tab notices that the network is back, the core hears it, wherever it runs', async () => {
	const browser = new FakeBrowser()
	const [leading, other] = [browser.openTab(), browser.openTab()].map((tab) => createWake(tab.channel('wake')))
	let heard = 0
	const stop = leading?.listen(() => heard++)
	other?.fire()
	await settle()
	expect(heard).toBe(1)
	leading?.fire()
	await settle()
	expect(heard).toBe(2)
	stop?.()
	other?.fire()
	await settle()
	expect(heard).toBe(2)
})
