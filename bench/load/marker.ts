/**
 * Every message carries 16 bytes by which a receiver knows it, wherever they stand in a frame: magic8 ‖ conversation4 ‖ n4.
 * Frames of all systems are searched for them instead of decoded, so that the load costs the same for each.
 */
const magic = Buffer.from('b5c1e7a90d4f6283', 'hex')
export const markerLength = 16

export function writeMarker(into: Uint8Array, conversation: number, n: number): void {
	into.set(magic)
	const view = new DataView(into.buffer, into.byteOffset)
	view.setUint32(8, conversation)
	view.setUint32(12, n)
}

/** Calls `found` for each message in the frame. */
export function eachMarker(frame: Buffer, found: (conversation: number, n: number) => void): void {
	for (let at = frame.indexOf(magic); at >= 0; at = frame.indexOf(magic, at + markerLength)) {
		found(frame.readUInt32BE(at + 8), frame.readUInt32BE(at + 12))
	}
}
