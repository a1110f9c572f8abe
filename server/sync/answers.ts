/**
 * Big answers of one socket: one after the other, each frame when what was sent before has left, so that a resync never
 * makes a reader slow.
 */
import type { PageFrame } from './frames.ts'
import { socketLimits } from './limits.ts'
import type { Wire } from './wire.ts'

export interface AnswersPorts {
	readonly wire: Pick<Wire, 'whenBelow'>
	readonly isLive: () => boolean
	readonly send: (frame: PageFrame) => void
	/** More were asked for than may wait. */
	readonly overrun: () => void
	readonly fail: (error: unknown) => void
}

export class Answers {
	readonly #ports: AnswersPorts
	#waiting = 0
	#last: Promise<void> = Promise.resolve()

	constructor(ports: AnswersPorts) {
		this.#ports = ports
	}

	add(give: () => Promise<Iterable<PageFrame>>): void {
		const { isLive, overrun, fail } = this.#ports
		if (++this.#waiting > socketLimits.answersWaiting) return overrun()
		this.#last = this.#last.then(async () => {
			this.#waiting--
			if (!isLive()) return
			await give()
				.then((frames) => this.#sendSlowly(frames))
				.catch(fail)
		})
	}

	async #sendSlowly(frames: Iterable<PageFrame>): Promise<void> {
		const { wire, isLive, send } = this.#ports
		for (const frame of frames) {
			await new Promise<void>((resolve) => wire.whenBelow(socketLimits.sendBufferLow, resolve))
			if (!isLive()) return
			send(frame)
		}
	}
}
