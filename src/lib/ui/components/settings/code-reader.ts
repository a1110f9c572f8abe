/** A camera that looks for QR codes: each frame is looked at by itself, in the page, and kept nowhere. Loaded where somebody scans. */
import decodeQr from 'qr/decode.js'

/** Frames are looked at so often, ms: a phone has time for other things between. */
const everyMs = 150
/** Larger pictures show no more of a code, pixels. */
const longestSide = 960

export type CameraTrouble = 'refused' | 'none'

/** Shows in `video` what the camera sees and tells `read` each text that it reads, again and again. Answers how to stop. */
export async function readCodes(
	video: HTMLVideoElement,
	read: (text: string) => void,
): Promise<CameraTrouble | (() => void)> {
	const stream = await openCamera()
	if (typeof stream === 'string') return stream
	const canvas = document.createElement('canvas')
	const context = canvas.getContext('2d', { willReadFrequently: true })
	const look = () => {
		const text = context === null ? null : textIn(video, canvas, context)
		if (text !== null) read(text)
	}
	const stop = () => {
		clearInterval(timer)
		for (const track of stream.getTracks()) track.stop()
		video.srcObject = null
	}
	const timer = setInterval(look, everyMs)
	video.srcObject = stream
	try {
		await video.play()
	} catch {
		stop()
		return 'none'
	}
	return stop
}

async function openCamera(): Promise<CameraTrouble | MediaStream> {
	const devices = navigator.mediaDevices as MediaDevices | undefined
	if (devices === undefined) return 'none'
	try {
		return await devices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } })
	} catch (error) {
		return (error as Partial<DOMException>).name === 'NotAllowedError' ? 'refused' : 'none'
	}
}

function textIn(video: HTMLVideoElement, canvas: HTMLCanvasElement, context: CanvasRenderingContext2D): string | null {
	const { videoWidth, videoHeight } = video
	if (videoWidth === 0) return null
	const scale = Math.min(1, longestSide / Math.max(videoWidth, videoHeight))
	canvas.width = Math.round(videoWidth * scale)
	canvas.height = Math.round(videoHeight * scale)
	context.drawImage(video, 0, 0, canvas.width, canvas.height)
	try {
		return decodeQr(context.getImageData(0, 0, canvas.width, canvas.height))
	} catch {
		// No code in this picture.
		return null
	}
}
