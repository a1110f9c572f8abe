/** Which chunk is asked for next, and of whom. */
import type { DeviceId } from './api.ts'
import type { BlobIntake } from './blob-intake.ts'
import type { ChunkSource } from './chunk-sources.ts'

/** A file that is being fetched, as it stands. */
export interface Under {
	readonly intake: Pick<BlobIntake, 'count' | 'has'>
	/** Devices that may be asked. */
	readonly helpers: readonly ChunkSource[]
	readonly self: DeviceId
	/** Of a device, and not here yet. */
	readonly isAsked: (index: number) => boolean
	/** Devices have not brought what they were asked for in good time. */
	readonly isSlow: boolean
	/** 0 to below 1. */
	readonly random: () => number
}

/** So many candidates are compared: all of a small file. */
const compared = 64

/** One that the device has, and few others: devices that fetch the same at once so come to have different ones to give. */
export function pickForPeer({ intake, helpers, isAsked, random }: Under, source: ChunkSource): number | null {
	const chunks = source.said()?.chunks
	if (chunks === undefined) return null
	const candidates: number[] = []
	const from = Math.floor(random() * intake.count)
	for (let i = 0; i < intake.count && candidates.length < compared; i++) {
		const index = (from + i) % intake.count
		if (chunks.has(index) && !intake.has(index) && !isAsked(index)) candidates.push(index)
	}
	const rarity = (index: number) => helpers.filter((helper) => helper.said()?.chunks.has(index)).length
	const rarest = Math.min(...candidates.map(rarity))
	const rare = candidates.filter((index) => rarity(index) === rarest)
	return rare[Math.floor(random() * rare.length)] ?? null
}

/** One that no device has or fetches; where several fetch the same, of the own share; where they are slow, any. */
export function pickForServer(under: Under): number | null {
	const { intake, helpers, isAsked, isSlow } = under
	const isLacking = (index: number) => !intake.has(index) && !isAsked(index)
	const isHelping = (source: ChunkSource) => {
		const said = source.said()
		return said === null || said.fetching || said.chunks.size() > 0
	}
	if (!helpers.some(isHelping)) return firstFrom(0, intake.count, isLacking)
	if (helpers.some((source) => source.said() === null)) return null
	const { start, end } = shareOf(under)
	const isAtNone = (index: number) => isLacking(index) && !helpers.some((helper) => helper.said()?.chunks.has(index))
	for (let index = start; index < end; index++) if (isAtNone(index)) return index
	if (!isSlow) return null
	return firstFrom(start, intake.count, isLacking) ?? firstFrom(start, intake.count, (index) => !intake.has(index))
}

/** Of those who fetch it each begins at the server with another part, in the order of their ids. */
function shareOf({ intake, helpers, self }: Under): { readonly start: number; readonly end: number } {
	const fetching = helpers.filter((source) => source.said()?.fetching).map(({ device }) => device)
	const all = [...fetching, self].sort()
	const at = all.indexOf(self)
	const bound = (i: number) => Math.floor((i * intake.count) / all.length)
	return { start: bound(at), end: bound(at + 1) }
}

/** In the round of all, beginning with `from`. */
function firstFrom(from: number, count: number, is: (index: number) => boolean): number | null {
	for (let i = 0; i < count; i++) {
		const index = (from + i) % count
		if (is(index)) return index
	}
	return null
}
