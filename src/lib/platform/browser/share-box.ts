/**
 * What another app shares into this one, on its way from the service worker to the screen that asks where it goes. It lies in
 * a cache under a key of its own, which stands in the fragment of the address alone: what is left there by accident says
 * nothing to anybody, and it is gone when it was read.
 *
 * A list of what there is, and each file piece by piece, are sealed under the one key; the nonce says which piece of which it
 * is and whether it is the last, so that none is left out, cut or exchanged.
 */
import {
	base64urlToBytes,
	bytesToBase64url,
	bytesToUtf8,
	concatBytes,
	utf8ToBytes,
	type Bytes,
} from '#protocol/bytes.ts'
import { attachmentsMax, textMaxBytes } from '#protocol/plaintext.ts'
import { sharedCacheName } from './shell-messages.ts'

export interface Shared {
	readonly text: string
	readonly files: readonly File[]
	/** More was shared than one message carries, or than there is room for. */
	readonly tooMuch: boolean
}

/** One share at a time: the next one takes its place. */
const listSlot = '/share/waiting'
const slotOf = (file: number) => `${listSlot}/${file}`
const keyLength = 32
const tagLength = 16
const pieceLength = 1024 * 1024
/** Of all files: any page can post here, and must not fill the disk. */
export const sharedMaxBytes = 1024 * 1024 * 1024
/** In the address instead of a key: the device has no room for what was shared. */
export const noRoomFragment = 'no-room'
/** Neither a message nor its file list takes more. */
const nameMax = 255
const typeMax = 127

/** Of the browser's caches. */
interface Boxes {
	readonly open: (name: string) => Promise<{
		readonly put: (slot: string, response: Response) => Promise<void>
		readonly match: (slot: string) => Promise<Response | undefined>
	}>
	readonly delete: (name: string) => Promise<boolean>
}

/** What lies in `listSlot`. */
interface SharedList extends Pick<Shared, 'text' | 'tooMuch'> {
	readonly files: readonly Pick<File, 'name' | 'type' | 'size'>[]
}

/** What the fragment of the address must say for it to be read. Rejects, and leaves nothing, where there is no room. */
export async function keepShared(boxes: Boxes, shared: Pick<Shared, 'text' | 'files'>): Promise<string> {
	const secret = crypto.getRandomValues(new Uint8Array(keyLength))
	const key = await keyOf(secret, 'encrypt')
	await boxes.delete(sharedCacheName)
	const box = await boxes.open(sharedCacheName)
	const files = taken(shared.files)
	const list: SharedList = {
		text: shortened(shared.text, textMaxBytes),
		files: files.map(({ name, type, size }) => ({
			name: shortened(name, nameMax),
			type: type.slice(0, typeMax),
			size,
		})),
		tooMuch: files.length < shared.files.length,
	}
	try {
		for (const [i, file] of files.entries()) await box.put(slotOf(i), new Response(sealedPieces(key, i, file)))
		const sealed = await seal(key, { slot: 'list', index: 0, final: true }, utf8ToBytes(JSON.stringify(list)))
		await box.put(listSlot, new Response(new Blob([sealed])))
	} catch (error) {
		await boxes.delete(sharedCacheName)
		throw error
	}
	return bytesToBase64url(secret)
}

/** Null where nothing waits under this key; it is there once. */
export async function takeShared(boxes: Boxes, fragment: string): Promise<Shared | null> {
	const secret = base64urlToBytes(fragment)
	const box = await boxes.open(sharedCacheName)
	try {
		return secret?.length === keyLength ? await open(box, await keyOf(secret, 'decrypt')) : null
	} catch {
		// Of another share than this one.
		return null
	} finally {
		await boxes.delete(sharedCacheName)
	}
}

async function open(box: Awaited<ReturnType<Boxes['open']>>, key: CryptoKey): Promise<Shared | null> {
	const kept = await box.match(listSlot)
	if (kept === undefined) return null
	const clear = await unseal(key, { slot: 'list', index: 0, final: true }, new Uint8Array(await kept.arrayBuffer()))
	// Sealed by our own service worker: nobody else has the key.
	const { text, files: listed, tooMuch } = JSON.parse(bytesToUtf8(clear)) as SharedList
	const files: File[] = []
	for (const [i, { name, type, size }] of listed.entries()) {
		const sealed = await (await box.match(slotOf(i)))?.blob()
		if (sealed === undefined) throw new Error('a file is missing')
		files.push(new File(await clearPieces(key, i, { sealed, size }), name, { type }))
	}
	return { text, files, tooMuch }
}

/** The first of them, as many as a message carries and as there is room for. */
function taken(files: readonly File[]): readonly File[] {
	let bytes = 0
	return files.slice(0, attachmentsMax).filter(({ size }) => (bytes += size) <= sharedMaxBytes)
}

interface Piece {
	readonly slot: number | 'list'
	readonly index: number
	readonly final: boolean
}

const isLast = (index: number, size: number) => (index + 1) * pieceLength >= size

function sealedPieces(key: CryptoKey, slot: number, file: Blob): ReadableStream<Bytes> {
	let index = 0
	return new ReadableStream({
		async pull(controller) {
			const final = isLast(index, file.size)
			const clear = await file.slice(index * pieceLength, (index + 1) * pieceLength).arrayBuffer()
			controller.enqueue(await seal(key, { slot, index, final }, new Uint8Array(clear)))
			index++
			if (final) controller.close()
		},
	})
}

/** As pieces of a file, so that the browser need not hold it in memory. */
async function clearPieces(
	key: CryptoKey,
	slot: number,
	{ sealed, size }: { readonly sealed: Blob; readonly size: number },
): Promise<Blob[]> {
	const pieces: Blob[] = []
	for (let index = 0; ; index++) {
		const final = isLast(index, size)
		const at = index * (pieceLength + tagLength)
		const bytes = await sealed.slice(at, final ? sealed.size : at + pieceLength + tagLength).arrayBuffer()
		pieces.push(new Blob([await unseal(key, { slot, index, final }, new Uint8Array(bytes))]))
		if (final) return pieces
	}
}

async function seal(key: CryptoKey, piece: Piece, clear: Bytes): Promise<Bytes> {
	return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonceOf(piece) }, key, clear))
}

async function unseal(key: CryptoKey, piece: Piece, sealed: Bytes): Promise<Bytes> {
	return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonceOf(piece) }, key, sealed))
}

/** 0 ‖ slot4 ‖ index4 ‖ final1, 12 bytes: the key is this share's alone, so none comes twice under it. */
function nonceOf({ slot, index, final }: Piece): Bytes {
	const nonce = new DataView(new ArrayBuffer(12))
	nonce.setUint32(3, slot === 'list' ? 0xffff_ffff : slot)
	nonce.setUint32(7, index)
	nonce.setUint8(11, final ? 1 : 0)
	return concatBytes(new Uint8Array(nonce.buffer))
}

/** Without half a character at its end. What is too long for a message is cut: no screen could do anything with the rest. */
function shortened(text: string, bytes: number): string {
	return new TextDecoder().decode(utf8ToBytes(text).subarray(0, bytes), { stream: true })
}

function keyOf(secret: Uint8Array<ArrayBuffer>, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
	return crypto.subtle.importKey('raw', secret, 'AES-GCM', false, [use])
}

/** Title, text and address, each once, as they would be written one below the other; and the files. */
export function sharedIn(form: FormData): Pick<Shared, 'text' | 'files'> {
	const parts = ['title', 'text', 'url'].map((name) => form.get(name)).filter((part) => typeof part === 'string')
	const words = parts.map((part) => part.trim()).filter((part) => part !== '')
	const text = words
		.filter((part, i) => !words.some((other, j) => j !== i && other.includes(part) && (other !== part || j < i)))
		.join('\n')
	// A form without a chosen file sends an empty one.
	const files = form.getAll('files').filter((part) => typeof part !== 'string' && (part.size > 0 || part.name !== ''))
	return { text, files: files as File[] }
}
