/**
 * The service worker: keeps the shell of the app, so that it opens with no network, and lets a new version take over when
 * somebody said so, or when no tab is left that runs the old one (https://www.w3.org/TR/service-workers/).
 *
 * Pages of the app and files of its build come from the cache, always of one version; everything else goes to the server.
 */
import { keepShared, noRoomFragment, sharedIn } from '#platform/browser/share-box.ts'
import { activateMessage } from '#platform/browser/shell-messages.ts'
import { tellRenewal } from './renew.ts'
import { openNotice, showNotice } from './wake.ts'
import {
	cached,
	dropOtherShells,
	fetchAndKeep,
	fillShellCache,
	isImmutable,
	shellCacheName,
	shellPage,
	type ShellFile,
} from './shell-cache.ts'

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: readonly ShellFile[] }

/** Where the manifest tells systems to share to, and the screen that asks where it goes. */
const sharePath = '/share'

const files = self.__WB_MANIFEST
const shell = shellCacheName(files)
const inShell: ReadonlySet<string> = new Set(files.map(({ url }) => new URL(url, location.origin).pathname))

/** Addresses that the server answers itself. */
const serversOwn = /^\/(api|sync|swagger|healthz|readyz|metrics)(\/|$)/

self.addEventListener('install', (event) => event.waitUntil(fillShellCache(shell, files)))

// Pages that are open belong to this version from now on: after a first visit they are offline-ready without a reload.
self.addEventListener('activate', (event) => {
	event.waitUntil(Promise.all([self.clients.claim(), dropOtherShells(shell)]))
})

self.addEventListener('message', ({ data }) => {
	if (data === activateMessage) void self.skipWaiting()
})

self.addEventListener('push', (event) => {
	const bytes = event.data === null ? null : new Uint8Array(event.data.arrayBuffer())
	event.waitUntil(showNotice(bytes))
})

self.addEventListener('pushsubscriptionchange', (event) => {
	const { oldSubscription, newSubscription } = event
	const headers = { 'content-type': 'application/json' }
	event.waitUntil(
		tellRenewal({
			...{ old: oldSubscription, now: newSubscription },
			subscribe: (options) => self.registration.pushManager.subscribe(options),
			send: (body) => fetch('/api/v1/push/renewals', { method: 'POST', headers, body }),
		}),
	)
})

self.addEventListener('notificationclick', (event) => event.waitUntil(openNotice(event.notification)))

self.addEventListener('fetch', (event) => {
	const { request } = event
	const { origin, pathname } = new URL(request.url)
	if (request.method === 'POST' && origin === location.origin && pathname === sharePath)
		return event.respondWith(receiveShare(request))
	if (request.method !== 'GET' || origin !== location.origin || serversOwn.test(pathname)) return
	if (request.mode === 'navigate') event.respondWith(answer(request, shellPage, fetch))
	else if (inShell.has(pathname)) event.respondWith(answer(request, pathname, fetch))
	else if (isImmutable(pathname)) event.respondWith(answer(request, pathname, (asked) => fetchAndKeep(shell, asked)))
})

/** What another app shares waits for the screen that asks where it goes, offline too; nothing of it reaches the server. */
async function receiveShare(request: Request): Promise<Response> {
	const shared = sharedIn(await request.formData())
	const isNothing = shared.text === '' && shared.files.length === 0
	const fragment = isNothing ? '' : await keepShared(caches, shared).catch(() => noRoomFragment)
	return Response.redirect(`${sharePath}#${fragment}`, 303)
}

async function answer(
	request: Request,
	path: string,
	otherwise: (request: Request) => Promise<Response>,
): Promise<Response> {
	return (await cached(shell, path)) ?? (await otherwise(request))
}
