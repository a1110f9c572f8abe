/** A voice note while it is spoken: the microphone, how loud it was, and what came of it. Loaded when somebody records. */
import type { SoundFacts } from '../../state/views.ts'
import { barsOf } from '../../state/waveform.ts'

export interface Recorded {
	readonly file: Blob
	readonly sound: SoundFacts
}

const sampleMs = 80
/** What browsers record, the first that this one can. */
const kinds = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'] as const

export class VoiceRecording {
	/** Since it began. */
	elapsedMs = $state(0)
	/** How loud it is now, 0 to 1. */
	level = $state(0)

	readonly #stream: MediaStream
	readonly #recorder: MediaRecorder
	readonly #context = new AudioContext()
	readonly #levels: number[] = []
	readonly #pieces: Blob[] = []
	readonly #timer: ReturnType<typeof setInterval>
	readonly #startedAt = performance.now()

	/** Throws where there is no microphone, or it may not be used. */
	static async start(): Promise<VoiceRecording> {
		return new VoiceRecording(await navigator.mediaDevices.getUserMedia({ audio: true }))
	}

	private constructor(stream: MediaStream) {
		this.#stream = stream
		const mimeType = kinds.find((kind) => MediaRecorder.isTypeSupported(kind))
		this.#recorder = new MediaRecorder(stream, {
			audioBitsPerSecond: 32_000,
			...(mimeType === undefined ? {} : { mimeType }),
		})
		this.#recorder.ondataavailable = ({ data }) => void this.#pieces.push(data)
		this.#recorder.start()
		const analyser = this.#context.createAnalyser()
		this.#context.createMediaStreamSource(stream).connect(analyser)
		const samples = new Uint8Array(analyser.fftSize)
		this.#timer = setInterval(() => {
			analyser.getByteTimeDomainData(samples)
			this.level = Math.min(1, samples.reduce((loudest, one) => Math.max(loudest, Math.abs(one - 128)), 0) / 96)
			this.#levels.push(this.level)
			this.elapsedMs = performance.now() - this.#startedAt
		}, sampleMs)
	}

	/** The microphone is free again. */
	async stop(): Promise<Recorded> {
		const durationMs = Math.round(performance.now() - this.#startedAt)
		const stopped = new Promise((resolve) => (this.#recorder.onstop = resolve))
		this.#recorder.stop()
		await stopped
		this.#release()
		const type = this.#recorder.mimeType
		return { file: new Blob(this.#pieces, { type }), sound: { durationMs, waveform: barsOf(this.#levels) } }
	}

	cancel(): void {
		this.#recorder.onstop = null
		if (this.#recorder.state !== 'inactive') this.#recorder.stop()
		this.#release()
	}

	#release(): void {
		clearInterval(this.#timer)
		for (const track of this.#stream.getTracks()) track.stop()
		void this.#context.close()
	}
}
