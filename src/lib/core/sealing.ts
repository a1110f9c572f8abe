/**
 * How far the sealing of keys has come. A key for many takes a while: each member's account is asked for, then his box is sealed.
 * Whoever waits for that sees how much of it is done; what is under way at once is told as one.
 */
import type { SealingView } from './api.ts'

export interface SealingStep {
	/** An account is here, to which a box can be sealed. */
	readonly found: () => void
	/** So many boxes are sealed. */
	readonly sealed: (boxes: number) => void
	/** Nothing more comes of it. */
	readonly end: () => void
}

export interface Sealing {
	readonly now: () => SealingView | null
	/** A key for so many people. Ends by itself with the last box. */
	readonly begin: (people: number) => SealingStep
}

export function createSealing(changed: () => void): Sealing {
	const steps = new Set<{ people: number; found: number; sealed: number }>()
	return {
		now: () => {
			if (steps.size === 0) return null
			const sum = (of: (step: { people: number; found: number; sealed: number }) => number) =>
				[...steps].reduce((all, step) => all + of(step), 0)
			return { done: sum(({ found, sealed }) => found + sealed), total: sum(({ people }) => 2 * people) }
		},
		begin: (people) => {
			const step = { people, found: 0, sealed: 0 }
			steps.add(step)
			changed()
			const end = () => {
				if (steps.delete(step)) changed()
			}
			return {
				found: () => {
					step.found += 1
					changed()
				},
				sealed: (boxes) => {
					step.sealed = boxes
					changed()
					if (boxes >= people) end()
				},
				end,
			}
		},
	}
}
