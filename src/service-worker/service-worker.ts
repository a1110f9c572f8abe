/**
 * The service worker: keeps the shell of the app, so that it opens with no network, and lets a new version take over when
 * somebody said so, or when no tab is left that runs the old one (https://www.w3.org/TR/service-workers/).
 *
 * Pages of the app and files of its build come from the cache, always of one version; everything else goes to the server.
 */
import { activateMessage } from '#platform/browser/shell-messages.ts'
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

const files = self.__WB_MANIFEST
const shell = shellCacheName(files)
const inShell: ReadonlySet<string> = new Set(files.map(({ url }) => new URL(url, location.origin).pathname))

/** Addresses that the server answers itself. */
const serversOwn = /^\/(api|sync|swagger|healthz|readyz|metrics)(\/|$)/

self.addEventListener('install', (event) => event.waitUntil(fillShellCache(shell, files)))

// Pages that are open belong to this version from now on: after a first visit they are offline-ready without a reload.
self.addEventListener('activate', (event) => {
	event.waitUntil(dropOtherShells(shell).then(() => self.clients.claim()))
})

self.addEventListener('message', ({ data }) => {
	if (data === activateMessage) void self.skipWaiting()
})

self.addEventListener('fetch', (event) => {
	const { request } = event
	const { origin, pathname } = new URL(request.url)
	if (request.method !== 'GET' || origin !== location.origin || serversOwn.test(pathname)) return
	if (request.mode === 'navigate') event.respondWith(answer(request, shellPage, fetch))
	else if (inShell.has(pathname)) event.respondWith(answer(request, pathname, fetch))
	else if (isImmutable(pathname)) event.respondWith(answer(request, pathname, (asked) => fetchAndKeep(shell, asked)))
})

async function answer(
	request: Request,
	path: string,
	otherwise: (request: Request) => Promise<Response>,
): Promise<Response> {
	return (await cached(shell, path)) ?? (await otherwise(request))
}
