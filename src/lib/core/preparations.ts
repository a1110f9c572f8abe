/** How far the files of a message have come that are sealed before it is written, and an end to it where the person wants none. */
import type { ConversationId, PreparingView } from './api.ts'

export class PreparingStopped extends Error {}

export interface Preparation {
	/** So many bytes more are sealed. Throws PreparingStopped where they are not wanted any more. */
	readonly sealed: (bytes: number) => void
	readonly end: () => void
}

export interface Preparations {
	/** Null where nothing is sealed. */
	readonly of: (conversation: ConversationId) => PreparingView | null
	/** `total`: bytes of all files of one message. */
	readonly begin: (conversation: ConversationId, total: number) => Preparation
	readonly stop: (conversation: ConversationId) => void
}

interface UnderWay {
	readonly total: number
	done: number
	stopped: boolean
}

const percent = ({ done, total }: UnderWay) => Math.floor((done / Math.max(1, total)) * 100)

export function createPreparations(changed: (conversation: ConversationId) => void): Preparations {
	const underWay = new Map<ConversationId, Set<UnderWay>>()
	const all = (conversation: ConversationId) => [...(underWay.get(conversation) ?? [])]

	return {
		of: (conversation) => {
			const here = all(conversation)
			if (here.length === 0) return null
			const sum = (of: (one: UnderWay) => number) => here.reduce((bytes, one) => bytes + of(one), 0)
			return { done: sum(({ done }) => done), total: sum(({ total }) => total) }
		},
		begin: (conversation, total) => {
			const one: UnderWay = { total, done: 0, stopped: false }
			const here = underWay.get(conversation) ?? new Set()
			underWay.set(conversation, here.add(one))
			changed(conversation)
			return {
				sealed: (bytes) => {
					if (one.stopped) throw new PreparingStopped()
					const before = percent(one)
					one.done += bytes
					// Screens say no more, and each time they draw.
					if (percent(one) !== before) changed(conversation)
				},
				end: () => {
					here.delete(one)
					if (here.size === 0) underWay.delete(conversation)
					changed(conversation)
				},
			}
		},
		stop: (conversation) => {
			for (const one of all(conversation)) one.stopped = true
		},
	}
}
