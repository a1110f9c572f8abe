import { test } from '@playwright/test'
import { browserLaunch, noOtherWay } from '../support/browser.ts'
import { conformanceStory } from '../support/conformance.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import {
	buildConformancePage,
	openBrowserDevice,
	type BrowserDevice,
	type BuiltPage,
} from './conformance-page/browser-device.ts'

const launch = browserLaunch()
test.use({ launchOptions: { ...launch, args: [...(launch.args ?? []), noOtherWay] } })

let built: BuiltPage
let server: TestServer

test.beforeAll(async () => {
	built = await buildConformancePage()
	// The browser client takes a password hashing by its version, and no cheap one.
	server = await startTestServer({ env: { KITH_OPAQUE_STRETCHING: 'standard' } })
	server.instance.mountWeb(built.handler)
})

test.afterAll(async () => {
	await server?.close()
	await built?.remove()
})

test('the browser client passes the story of all clients', async ({ browser }) => {
	test.setTimeout(240_000)
	const setupToken = (await server.setupToken()) ?? ''
	const devices: BrowserDevice[] = []
	const parts: string[] = []
	const device = async (name: string) => {
		const opened = await openBrowserDevice(browser, name, server.port)
		devices.push(opened)
		return opened
	}
	try {
		await conformanceStory({ device, setupToken, part: (name) => void parts.push(name) })
	} catch (error) {
		throw new Error(`A client that conforms ${parts.at(-1)}: ${(error as Error).message}`, { cause: error })
	} finally {
		for (const opened of devices) await opened.close()
	}
})
