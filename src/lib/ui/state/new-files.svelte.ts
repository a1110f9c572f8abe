/** Files chosen for the next message: shown before they go, taken out one by one, prepared when it is sent. */
import type { NewFile } from '#core/api.ts'
import type { PictureFacts, SoundFacts } from './views.ts'

export interface Chosen {
	readonly id: number
	readonly file: Blob
	readonly name: string
	readonly isPicture: boolean
	/** To be shown while it is chosen; of pictures. */
	readonly url: string | null
	readonly sound: SoundFacts | null
}

export interface DrawnPicture {
	readonly file: Blob
	readonly picture: PictureFacts
}

/** Draws a picture anew, so that nothing goes along but what is seen; null for what the browser cannot draw. */
export type DrawPicture = (file: Blob, smaller: boolean) => Promise<DrawnPicture | null>

/** In one message. */
export const chosenMax = 32

/** What browsers draw; a drawing of lines goes as a file, for it may hold a script. */
const pictureTypes: readonly string[] = [
	'image/jpeg',
	'image/png',
	'image/webp',
	'image/gif',
	'image/avif',
	'image/bmp',
]

export class NewFiles {
	chosen = $state.raw<readonly Chosen[]>([])
	/** Pictures go with fewer pixels: for most eyes the same, for the network a tenth. */
	smaller = $state(true)

	readonly empty = $derived(this.chosen.length === 0)
	readonly pictures = $derived(this.chosen.filter(({ isPicture }) => isPicture).length)
	/** One of them goes as it is, and cameras write into its kind where and when it was taken. */
	readonly tells = $derived(this.chosen.some(({ file, name, isPicture }) => !isPicture && isTaken(file.type, name)))
	#last = 0

	/** False where there were too many. */
	add(files: Iterable<File>): boolean {
		const all = [...files].filter(({ size, type }) => size > 0 || type !== '')
		const room = chosenMax - this.chosen.length
		const added = all.slice(0, room).map((file): Chosen => {
			const isPicture = pictureTypes.includes(file.type)
			const url = isPicture ? URL.createObjectURL(file) : null
			return { id: ++this.#last, file, name: file.name, isPicture, url, sound: null }
		})
		this.chosen = [...this.chosen, ...added]
		return all.length <= room
	}

	addSound(file: Blob, name: string, sound: SoundFacts): void {
		this.chosen = [...this.chosen, { id: ++this.#last, file, name, isPicture: false, url: null, sound }]
	}

	/** The browser cannot draw it, whatever it calls itself. */
	asFile(id: number): void {
		this.#revoke(id)
		this.chosen = this.chosen.map((one) => (one.id === id ? { ...one, isPicture: false, url: null } : one))
	}

	#revoke(id: number): void {
		for (const { url } of this.chosen.filter((one) => one.id === id)) if (url !== null) URL.revokeObjectURL(url)
	}

	remove(id: number): void {
		this.#revoke(id)
		this.chosen = this.chosen.filter((one) => one.id !== id)
	}

	clear(): void {
		for (const { id } of this.chosen) this.remove(id)
	}

	/** As they go. They stay chosen until the message is taken. */
	async prepared(draw: DrawPicture): Promise<NewFile[]> {
		const files: NewFile[] = []
		for (const one of this.chosen) files.push(await prepare(one, draw, this.smaller))
		return files
	}
}

/** Some browsers know no kind for what phones and cameras make. */
function isTaken(type: string, name: string): boolean {
	return /^(?:image|video)\//.test(type) || /\.(?:hei[cf]|tiff?|dng|cr[23w]|nef|arw|raf|orf|rw2|mov|mp4)$/i.test(name)
}

async function prepare(
	{ file, name, isPicture, sound }: Chosen,
	draw: DrawPicture,
	smaller: boolean,
): Promise<NewFile> {
	const plain = { file, name, mime: file.type === '' ? 'application/octet-stream' : file.type, picture: null, sound }
	if (!isPicture) return plain
	const prepared = await draw(file, smaller)
	if (prepared === null) return plain
	const mime = prepared.file.type
	return { file: prepared.file, name: namedAs(name, mime), mime, picture: prepared.picture, sound: null }
}

/** A picture that was drawn anew may be of another kind. */
function namedAs(name: string, mime: string): string {
	const ending = { 'image/jpeg': '.jpg', 'image/png': '.png', 'image/gif': '.gif' }[mime] ?? ''
	const isRight = ending === '.jpg' ? /\.jpe?g$/i.test(name) : name.toLowerCase().endsWith(ending)
	return isRight ? name : `${name.replace(/\.[^.]*$/, '')}${ending}`
}
