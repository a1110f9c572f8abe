/**
 * The files of one version of the app, in a cache of their own: filled whole before the version may run, and never after it.
 * Nothing that belongs to a person lies here: no answer of the API, no address of a conversation.
 */

/** As the build lists them. `revision` is null where the address changes with the content. */
export interface ShellFile {
	readonly url: string
	readonly revision: string | null
}

const prefix = 'kith-shell-'
const atOnce = 6

/** The page that every address of the app is shown by. */
export const shellPage = '/'

export function shellCacheName(files: readonly ShellFile[]): string {
	return prefix + (files.find(({ url }) => url === shellPage)?.revision ?? 'unknown')
}

/** Addresses whose content never changes. */
export const isImmutable = (path: string): boolean => path.startsWith('/_app/immutable/')

/** A cache answers by address: what a server says of encodings and cookies does not matter to it. */
const asked = { ignoreVary: true } as const

export async function cached(name: string, path: string): Promise<Response | undefined> {
	return (await caches.open(name)).match(path, asked)
}

async function fetchFile({ url, revision }: ShellFile): Promise<Response> {
	// What keeps its address over versions must come from the server itself.
	const response = await fetch(new Request(url, { cache: revision === null ? 'default' : 'reload' }))
	if (!response.ok || response.redirected) throw new TypeError(`${url} answered ${response.status}`)
	return response
}

/** Files that an earlier version has too are taken from there. Rejects, and leaves nothing behind, where one is missing. */
export async function fillShellCache(name: string, files: readonly ShellFile[]): Promise<void> {
	const cache = await caches.open(name)
	const waiting = [...files]
	async function work(): Promise<void> {
		for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
			const kept = file.revision === null ? await caches.match(file.url, asked) : undefined
			await cache.put(file.url, kept ?? (await fetchFile(file)))
		}
	}
	try {
		await Promise.all(Array.from({ length: atOnce }, work))
	} catch (error) {
		await caches.delete(name)
		throw error
	}
}

/** Fetched now and kept: what not everybody needs, as the script that signs in. */
export async function fetchAndKeep(name: string, request: Request): Promise<Response> {
	const response = await fetch(request)
	if (response.ok) await (await caches.open(name)).put(request.url, response.clone())
	return response
}

export async function dropOtherShells(name: string): Promise<void> {
	const names = await caches.keys()
	await Promise.all(names.filter((each) => each.startsWith(prefix) && each !== name).map((each) => caches.delete(each)))
}
