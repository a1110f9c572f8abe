/**
 * Being woken (product N2) in a real browser: its service worker hears a push as the browser brings it. The push service is the test's,
 * because a browser's own is on the internet; what the server sends there is handed to the browser by its debugging protocol.
 */
import { expect, test, type CDPSession, type Page } from '@playwright/test'
import { startPushService, type PushService, type SubscribedBrowser } from '../support/push-service.ts'
import { atHome, type Home } from './at-home.ts'
import { composer, message } from './app.ts'
import { newTab } from './profile.ts'
import { expectAccessible } from './screen-checks.ts'
import { greeting, meetBob, type TwoFriends } from './with-a-friend.ts'
import { words } from './wording.ts'

test.describe.configure({ mode: 'serial' })

let service: PushService
let home: Home
let friends: TwoFriends
let browser: SubscribedBrowser

test.beforeAll(async () => {
	test.setTimeout(360_000)
	service = await startPushService()
	home = await atHome(undefined, service.env)
	browser = service.subscribe()
	await home.alice.context.addInitScript(useService, browser.target)
	friends = await meetBob(home.server, home.alice)
})
test.afterAll(async () => {
	await friends?.bob.close()
	await home?.close()
	await service?.close()
})

/** In the page: a browser whose push service is the test's. */
function useService(target: SubscribedBrowser['target']): void {
	const key = 'test.subscribed'
	const subscription = () => ({
		toJSON: () => ({ endpoint: target.endpoint, keys: { p256dh: target.p256dh, auth: target.auth } }),
		options: { applicationServerKey: null },
		unsubscribe: async () => localStorage.removeItem(key),
	})
	Object.assign(PushManager.prototype, {
		getSubscription: async () => (localStorage.getItem(key) === null ? null : subscription()),
		subscribe: async () => {
			localStorage.setItem(key, 'yes')
			return subscription()
		},
	})
}

/** Hands a push to the service worker of this origin, as the browser does. */
async function deliver(page: Page, text: string): Promise<void> {
	const session: CDPSession = await home.alice.context.newCDPSession(page)
	const registration = new Promise<string>((resolve) =>
		session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
			const [first] = registrations
			if (first !== undefined) resolve(first.registrationId)
		}),
	)
	await session.send('ServiceWorker.enable')
	const { origin } = home.server
	await session.send('ServiceWorker.deliverPushMessage', { origin, registrationId: await registration, data: text })
	await session.detach()
}

/** What the system shows of this origin. */
const shown = (page: Page) =>
	page.evaluate(async () => {
		const notifications = await (await navigator.serviceWorker.ready).getNotifications()
		return notifications.map(({ title, body, tag }) => ({ title, body, tag }))
	})

const flip = (page: Page, name: string) => page.getByRole('switch', { name }).click()

/** A page of the origin that the server answers itself, without the app. */
async function elsewhere(): Promise<Page> {
	const page = await newTab(home.alice)
	await page.goto(`${home.server.origin}/api/v1/instance`)
	return page
}

test('[N2] it is offered once, and on a phone beside the list, where it lies on nothing that is being written', async () => {
	const { tab, conversation } = friends
	const offer = tab.getByRole('region', { name: words('push_offer_title') })
	await expect(offer).toBeVisible()
	await tab.setViewportSize({ width: 390, height: 844 })
	await expect(offer).toBeHidden()
	await tab.goto(home.server.origin)
	await expect(offer).toBeVisible()
	await expectAccessible(tab, 'the offer of notifications')
	await offer.getByRole('button', { name: words('push_offer_no') }).click()
	await tab.setViewportSize({ width: 1280, height: 800 })
	await tab.goto(new URL(conversation, home.server.origin).href)
	await expect(tab.getByRole('article').filter({ hasText: greeting })).toBeVisible()
	await expect(offer).toHaveCount(0)
})

test('[N2] who switches it on is subscribed, and tries it', async () => {
	const { tab } = friends
	await tab.goto(`${home.server.origin}/settings/notifications`)
	await expect(tab.getByRole('switch', { name: words('push_on') })).not.toBeChecked()
	await home.alice.context.grantPermissions(['notifications'], { origin: home.server.origin })
	// Whoever opens the app has seen what the system shows: a page that has just been opened takes it away, and what comes meanwhile.
	await tab.evaluate(async () => (await navigator.serviceWorker.ready).showNotification('Of yesterday'))
	await tab.reload()
	await expect.poll(() => shown(tab)).toEqual([])
	await expect(tab.getByRole('switch', { name: words('push_on') })).not.toBeChecked()
	await flip(tab, words('push_on'))
	await expect(tab.getByRole('switch', { name: words('push_on') })).toBeChecked()
	await expect(tab.getByRole('switch', { name: words('push_named') })).toBeChecked()
	await tab.getByRole('button', { name: words('push_try') }).click()
	await expect(tab.getByText(words('push_sent'))).toBeVisible()
	await expectAccessible(tab, 'notifications')
	const taken = await browser.next()
	expect(taken.message.type).toBe('test')
	await deliver(tab, taken.text)
	await expect.poll(() => shown(tab)).toEqual([{ title: 'Kith', body: words('push_test'), tag: 'kith' }])
})

test('[N2] with the app closed the system shows who wrote, by what this device knows; the server told nothing of it', async () => {
	const { tab, say, conversation } = friends
	const page = await elsewhere()
	await tab.close()
	await say('The boat leaves at eight.')
	const { message: told, text } = await browser.next()
	expect(told.type).toBe('look')
	await deliver(page, text)
	await expect
		.poll(async () => (await shown(page)).filter(({ tag }) => tag !== 'kith'))
		.toEqual([{ title: 'Bob', body: words('push_message'), tag: conversation.split('/').at(-1) }])
	// Whoever opens the app has seen it.
	const opened = await newTab(home.alice)
	await opened.goto(`${home.server.origin}${conversation}`)
	await expect(message(opened, greeting)).toBeVisible()
	await expect(message(opened, 'The boat leaves at eight.')).toBeVisible()
	await expect.poll(() => shown(opened)).toEqual([])
	await page.close()
	friends = { ...friends, tab: opened }
})

test('[N2] a click leads a window that is open to the conversation, and loses nothing there', async () => {
	const { tab, conversation } = friends
	await tab.goto(`${home.server.origin}/friends`)
	await expect(tab.getByRole('heading').first()).toBeVisible()
	await tab.evaluate(() => Object.assign(globalThis, { isThisWindow: true }))
	const worker = home.alice.context.serviceWorkers()[0]
	expect(worker).toBeDefined()
	await expect
		.poll(async () => {
			await worker?.evaluate(async (path) => {
				const scope = globalThis as unknown as {
					clients: { matchAll(): Promise<{ postMessage(m: unknown, p: unknown[]): void }[]> }
				}
				for (const window of await scope.clients.matchAll()) window.postMessage({ path }, [new MessageChannel().port2])
			}, conversation)
			return new URL(tab.url()).pathname
		})
		.toBe(conversation)
	await expect(composer(tab, 'Bob')).toBeVisible()
	expect(await tab.evaluate(() => 'isThisWindow' in globalThis)).toBe(true)
})

test('[N2] names can be left out, and damage says no more than that something came', async () => {
	const { tab, say } = friends
	await tab.goto(`${home.server.origin}/settings/notifications`)
	await flip(tab, words('push_named'))
	await expect(tab.getByRole('switch', { name: words('push_named') })).not.toBeChecked()
	const page = await elsewhere()
	await tab.close()
	await say('Hush.')
	const { text } = await browser.next()
	await deliver(page, text)
	await expect.poll(() => shown(page)).toMatchObject([{ title: 'Kith', body: words('push_message') }])
	await deliver(page, 'no message of ours')
	await expect.poll(async () => (await shown(page)).length).toBe(2)
	for (const { title, body } of await shown(page)) expect([title, body]).toEqual(['Kith', words('push_message')])
})

test('[N2] a browser that says no is told how to change it', async () => {
	const tab = await newTab(home.alice)
	// Whatever is not granted is refused.
	await home.alice.context.clearPermissions()
	await home.alice.context.grantPermissions([], { origin: home.server.origin })
	await tab.goto(`${home.server.origin}/settings/notifications`)
	await expect(tab.getByText(words('push_blocked_title'))).toBeVisible()
	await expectAccessible(tab, 'notifications blocked')
})
