/**
 * Verified states by id: loaded from the log when asked for, kept until the log grows, the least recently used dropped.
 * A load that was under way when the log grew is not kept.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'

export interface StateCache<T> {
	get(id: Bytes): Promise<T | null>
	/** What is here, without waiting for it; null where it must be asked for. */
	atHand(id: Bytes): T | null
	/** `id` in base64url. */
	drop(id: string): void
	dropAll(): void
}

export function stateCache<T>(max: number, load: (id: Bytes) => Promise<T | null>): StateCache<T> {
	const states = new Map<string, T>()
	const loading = new Map<string, Promise<T | null>>()

	const loadOnce = (id: Bytes, key: string): Promise<T | null> => {
		const running = load(id).then((state) => {
			if (loading.get(key) !== running) return state
			loading.delete(key)
			if (state !== null) states.set(key, state)
			if (states.size > max) states.delete(states.keys().next().value as string)
			return state
		})
		loading.set(key, running)
		running.catch(() => loading.get(key) === running && loading.delete(key))
		return running
	}

	const kept = (key: string): T | null => {
		const known = states.get(key)
		if (known === undefined) return null
		states.delete(key)
		states.set(key, known)
		return known
	}

	return {
		get: async (id) => {
			const key = bytesToBase64url(id)
			return kept(key) ?? loading.get(key) ?? loadOnce(id, key)
		},
		atHand: (id) => kept(bytesToBase64url(id)),
		drop: (key) => {
			states.delete(key)
			loading.delete(key)
		},
		dropAll: () => {
			states.clear()
			loading.clear()
		},
	}
}
