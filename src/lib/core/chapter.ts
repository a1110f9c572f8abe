import { fail, type Result } from '#protocol/result.ts'
import type { KithError } from './api.ts'

/**
 * A part of the core that nobody needs to read the last conversation: its code is loaded when it is first asked for (decision
 * 0320). Whoever asks at the same time waits for the same load.
 */
export interface Chapter<T> {
	/** Rejects with `ChapterMissing` where its code does not come; who asks again tries again. */
	readonly open: () => Promise<T>
	/** Null until it is open. */
	readonly opened: () => T | null
}

/** Its code did not come: no network, and the app was not kept whole yet. */
export class ChapterMissing extends Error {
	override readonly name = 'ChapterMissing'
}

export function createChapter<M, T>(load: () => Promise<M>, make: (module: M) => T | Promise<T>): Chapter<T> {
	let opened: T | null = null
	let opening: Promise<T> | null = null

	async function openNow(): Promise<T> {
		const module = await load().catch((cause: unknown) => {
			throw new ChapterMissing('a part of the app could not be loaded', { cause })
		})
		return (opened = await make(module))
	}

	return {
		open: () => {
			opening ??= openNow().catch((error: unknown) => {
				opening = null
				throw error
			})
			return opening
		},
		opened: () => opened,
	}
}

/** Of a command: what a chapter lacks, the network lacks. */
export async function orOffline<T>(work: () => Promise<Result<T, KithError>>): Promise<Result<T, KithError>> {
	try {
		return await work()
	} catch (error) {
		if (error instanceof ChapterMissing) return fail({ type: 'offline' })
		throw error
	}
}

type Command = (...input: never[]) => Promise<Result<unknown, KithError>>

/** Commands whose code comes with the first of them. A name that is missing does not compile. */
export function laterCommands<C extends { readonly [Name in keyof C]: Command }>(
	names: { readonly [Name in keyof C]: 1 },
	chapter: Chapter<C>,
): C {
	const later =
		(name: keyof C): Command =>
		(...input) =>
			orOffline(async () => (await chapter.open())[name](...input))
	return Object.fromEntries(Object.keys(names).map((name) => [name, later(name as keyof C)])) as unknown as C
}
