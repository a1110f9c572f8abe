import { expect, test } from 'vitest'
import { keepShared, sharedIn, sharedMaxBytes, takeShared, type Shared } from '#platform/browser/share-box.ts'
import { utf8ToBytes } from '#protocol/bytes.ts'
import { attachmentsMax, textMaxBytes } from '#protocol/plaintext.ts'

/** What of `CacheStorage` a share needs. */
function boxes() {
	const kept = new Map<string, Response>()
	const cache = {
		put: async (key: string, response: Response) => void kept.set(key, new Response(await response.arrayBuffer())),
		match: async (key: string) => kept.get(key)?.clone(),
	}
	const storage = { open: async () => cache, delete: async () => (kept.clear(), true) }
	return { storage, kept }
}

const text = (words: string) => ({ text: words, files: [] })
const bytesOf = async (file: Blob) => Buffer.from(await file.arrayBuffer())
const MiB = 1024 * 1024

/** So many bytes, no two pieces of which are alike. */
function fileOf(name: string, size: number, type = 'application/pdf'): File {
	const bytes = new Uint8Array(size)
	for (let at = 0; at < size; at += 4096) bytes[at] = (at >>> 12) * 7 + 1
	return new File([bytes], name, { type })
}

test('[M8] what is shared is there once, under its own key, and says nothing where it lies', async () => {
	const { storage, kept } = boxes()
	const fragment = await keepShared(storage, text('The address of the cabin'))
	const [lying] = [...kept.values()]
	expect(await lying?.clone().text()).not.toContain('cabin')
	expect(await takeShared(storage, fragment)).toEqual({ text: 'The address of the cabin', files: [], tooMuch: false })
	expect(kept.size).toBe(0)
	expect(await takeShared(storage, fragment)).toBeNull()
})

test('[M8] files come as they were, with name and kind, and lie sealed', async () => {
	const { storage, kept } = boxes()
	const files = [0, 1, MiB - 1, MiB, MiB + 1, 3 * MiB].map((size) => fileOf(`${size}.pdf`, size))
	const fragment = await keepShared(storage, { text: 'plans', files: [...files, new File(['the cabin'], 'a.txt')] })
	for (const lying of kept.values()) expect((await lying.clone().text()).includes('cabin')).toBe(false)
	const shared = await takeShared(storage, fragment)
	expect(shared?.files.map(({ name, type, size }) => ({ name, type, size }))).toEqual([
		...files.map(({ name, type, size }) => ({ name, type, size })),
		{ name: 'a.txt', type: '', size: 9 },
	])
	for (const [i, file] of files.entries())
		expect((await bytesOf(shared?.files[i] as File)).equals(await bytesOf(file))).toBe(true)
	expect(kept.size).toBe(0)
})

test('[M8] a file that was cut, exchanged or put in the place of another opens nothing', async () => {
	const spoil: Record<string, (kept: Map<string, Response>) => Promise<void>> = {
		cut: async (kept) => {
			const whole = await (kept.get('/share/waiting/0') as Response).arrayBuffer()
			kept.set('/share/waiting/0', new Response(whole.slice(0, MiB + 16)))
		},
		exchanged: async (kept) => {
			const [one, other] = [kept.get('/share/waiting/0'), kept.get('/share/waiting/1')] as [Response, Response]
			kept.set('/share/waiting/0', other).set('/share/waiting/1', one)
		},
		missing: async (kept) => void kept.delete('/share/waiting/1'),
		changed: async (kept) => {
			const bytes = new Uint8Array(await (kept.get('/share/waiting/1') as Response).arrayBuffer())
			bytes[7]! ^= 1
			kept.set('/share/waiting/1', new Response(bytes))
		},
	}
	for (const [how, change] of Object.entries(spoil)) {
		const { storage, kept } = boxes()
		const fragment = await keepShared(storage, { text: '', files: [fileOf('a', 2 * MiB), fileOf('b', 2 * MiB)] })
		await change(kept)
		expect(await takeShared(storage, fragment), how).toBeNull()
		expect(kept.size, how).toBe(0)
	}
})

test('[M8] no more is kept than a message carries, and no more than there may be; what did not fit is told', async () => {
	const { storage, kept } = boxes()
	const many = Array.from({ length: attachmentsMax + 1 }, (_, i) => fileOf(`${i}`, 1))
	const shared = await takeShared(storage, await keepShared(storage, { text: '', files: many }))
	expect(shared).toMatchObject({ tooMuch: true })
	expect(shared?.files).toHaveLength(attachmentsMax)

	// As large as nobody has memory for: a test need not either.
	const huge = Object.defineProperty(fileOf('huge', 1), 'size', { value: sharedMaxBytes + 1 })
	const fitting = await takeShared(storage, await keepShared(storage, { text: 'x', files: [huge] }))
	expect(fitting).toEqual({ text: 'x', files: [], tooMuch: true })

	const named = fileOf('n'.repeat(5_000), 1, `a/${'b'.repeat(500)}`)
	const [short] = (await takeShared(storage, await keepShared(storage, { text: '', files: [named] })))?.files ?? []
	expect([short?.name.length, short?.type.length]).toEqual([255, 127])
	expect(kept.size).toBe(0)
})

test('[M8] where there is no room nothing is left behind', async () => {
	const { storage, kept } = boxes()
	const { open } = storage
	const full = async () => ({
		...(await open()),
		put: async (slot: string) => {
			kept.set(slot, new Response('begun'))
			throw new DOMException('full', 'QuotaExceededError')
		},
	})
	await expect(keepShared({ ...storage, open: full }, { text: '', files: [fileOf('a', 1)] })).rejects.toThrow('full')
	expect(kept.size).toBe(0)
})

test('[M8] a key of another share, or none, opens nothing', async () => {
	for (const fragment of ['', 'x', 'A'.repeat(43)]) {
		const { storage } = boxes()
		await keepShared(storage, text('secret words'))
		expect(await takeShared(storage, fragment)).toBeNull()
	}
})

test('[M8] what is longer than a message is cut at a whole character', async () => {
	const { storage } = boxes()
	const shared = await takeShared(storage, await keepShared(storage, text('x' + '€'.repeat(textMaxBytes))))
	expect(utf8ToBytes(shared?.text ?? '').length).toBeLessThanOrEqual(textMaxBytes)
	expect(shared?.text.endsWith('€')).toBe(true)
})

test('[M8] title, text and address stand below each other, none of them twice, and files beside them', () => {
	const form = new FormData()
	form.set('title', 'A cabin')
	form.set('text', 'Look: https://cabin.example/')
	form.set('url', 'https://cabin.example/')
	form.append('files', new File([], ''))
	form.append('files', new File(['x'], 'plan.pdf'))
	form.append('files', 'no file')
	const shared: Pick<Shared, 'text' | 'files'> = sharedIn(form)
	expect(shared.text).toBe('A cabin\nLook: https://cabin.example/')
	expect(shared.files.map(({ name }) => name)).toEqual(['plan.pdf'])
	expect(sharedIn(new FormData())).toEqual({ text: '', files: [] })
})
