/** A sorted list of distinct strings: the keys of a store in memory. Appending at the end, the usual case, is cheap. */
import type { KeyRange } from './storage.ts'

export class SortedKeys {
	#keys: string[] = []

	/** Index of the first key that is not below `key`. */
	#lowerBound(key: string): number {
		let low = 0
		let high = this.#keys.length
		while (low < high) {
			const middle = (low + high) >>> 1
			if ((this.#keys[middle] as string) < key) low = middle + 1
			else high = middle
		}
		return low
	}

	add(key: string): void {
		const last = this.#keys.at(-1)
		if (last === undefined || last < key) {
			this.#keys.push(key)
			return
		}
		const at = this.#lowerBound(key)
		if (this.#keys[at] !== key) this.#keys.splice(at, 0, key)
	}

	remove(key: string): void {
		const at = this.#lowerBound(key)
		if (this.#keys[at] === key) this.#keys.splice(at, 1)
	}

	/** The keys of a range, at most `limit`, from its end when `reverse`. */
	slice(range: KeyRange, limit = Number.POSITIVE_INFINITY, reverse = false): string[] {
		const start = range.from === undefined ? 0 : this.#lowerBound(range.from)
		const end = range.to === undefined ? this.#keys.length : this.#lowerBound(range.to)
		if (end <= start || limit <= 0) return []
		if (!reverse) return this.#keys.slice(start, Math.min(end, start + limit))
		return this.#keys.slice(Math.max(start, end - limit), end).reverse()
	}
}
