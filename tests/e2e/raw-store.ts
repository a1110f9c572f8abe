/** What lies in a browser's own databases, and how a script that knows nothing of Kith damages it. */
import { expect, type Page } from '@playwright/test'
import { newTab, type Profile } from './profile.ts'

/** Of the same origin, and without the app. */
export async function blankTab(profile: Profile, origin: string): Promise<Page> {
	const page = await newTab(profile)
	await page.goto(`${origin}/api/v1/instance`)
	return page
}

export type RawDamage =
	| { readonly type: 'empty'; readonly store: string }
	/** Every row as long as before, with other bytes; every fifth is no row at all. */
	| { readonly type: 'corrupt'; readonly store: string }

/** Store by store; each of them must have had rows. */
export async function damageStore(page: Page, damages: readonly RawDamage[]): Promise<void> {
	const touched = await page.evaluate(async (wanted) => {
		const done = <T>(request: IDBRequest<T>) =>
			new Promise<T>((resolve, reject) => {
				request.onsuccess = () => resolve(request.result)
				request.onerror = () => reject(request.error ?? new Error('failed'))
			})
		const db = await done(indexedDB.open('kith'))
		const counts: number[] = []
		for (const { type, store } of wanted) {
			const rows = db.transaction(store, 'readwrite').objectStore(store)
			const keys = await done(rows.getAllKeys())
			counts.push(keys.length)
			if (type === 'empty') await done(rows.clear())
			else
				for (const [n, key] of keys.entries()) {
					const row = (await done(rows.get(key))) as Uint8Array | { bytes: Uint8Array }
					const bytes = row instanceof Uint8Array ? row : row.bytes
					bytes.forEach((byte, i) => (bytes[i] = byte ^ 0x55))
					await done(rows.put(n % 5 === 4 ? 'nonsense' : row, key))
				}
		}
		db.close()
		return counts
	}, damages)
	touched.forEach((count, i) => expect(count, JSON.stringify(damages[i])).toBeGreaterThan(0))
}

/** Keys of all rows of both databases, as `store/key`; without the key that rows are wrapped with, and the fence. */
export function rowsLeft(page: Page): Promise<string[]> {
	return page.evaluate(async () => {
		const done = <T>(request: IDBRequest<T>) =>
			new Promise<T>((resolve, reject) => {
				request.onsuccess = () => resolve(request.result)
				request.onerror = () => reject(request.error ?? new Error('failed'))
			})
		const left: string[] = []
		for (const name of ['kith', 'kith-keys']) {
			const db = await done(indexedDB.open(name))
			for (const store of db.objectStoreNames) {
				const keys = await done(db.transaction(store).objectStore(store).getAllKeys())
				left.push(...keys.map((key) => `${store}/${String(key)}`))
			}
			db.close()
		}
		return left
	})
}
