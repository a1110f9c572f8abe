import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import * as z from 'zod'
import type { ConversationId, ExportForm } from '#core/api.ts'
import { exportSchema, type Exported } from '../support/export-schema.ts'
import { fileNamed, filesUntil, hashOfNew } from '../support/files.ts'
import { groupOf } from '../support/groups.ts'
import { setup } from '../support/story.ts'
import { must, now, refusal, textsUntil, until } from '../support/watching.ts'
import { verifyExport } from '../support/verify-export.ts'
import { befriend, offlineUntil, onlineUntil, openDirect, post, type Device } from '../support/world.ts'

async function copyOf(
	{ api }: Device,
	wish: { conversation: ConversationId | null; as: ExportForm; files?: boolean },
): Promise<Buffer> {
	const { key } = must(await api.beginExport({ files: false, ...wish }))
	const pieces: Uint8Array[] = []
	let before = -1
	for (;;) {
		const { bytes, done, total } = must(await api.nextOfExport({ key }))
		expect(done).toBeGreaterThanOrEqual(Math.max(0, before))
		expect(done).toBeLessThanOrEqual(total)
		before = done
		if (bytes.length === 0) {
			expect(done).toBe(total)
			return Buffer.concat(pieces)
		}
		pieces.push(bytes)
	}
}

const parsed = (text: Buffer | string): Exported => exportSchema.parse(JSON.parse(text.toString()))

test('[M7] a copy as JSON proves each message by itself: logs, heads, signatures and keys are in it', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	const group = await groupOf(alice, [[bob, 'member']], { name: 'Hikers' })
	await post(alice, group, 'See you "at eight" </script>')
	await textsUntil(bob.api, group, ['See you "at eight" </script>'])
	await post(bob, group, 'Söe 🚢')
	await textsUntil(alice.api, group, ['See you "at eight" </script>', 'Söe 🚢'])
	const exported = parsed(await copyOf(alice, { conversation: group, as: 'json' }))
	expect(exported).toMatchObject({
		by: alice.account,
		account: null,
		conversations: [{ conversation: group, title: 'Hikers' }],
	})
	const messages = exported.conversations[0]!.pages.flatMap((page) => page.messages)
	expect(messages).toMatchObject([
		{ type: 'text', author: alice.account, text: 'See you "at eight" </script>' },
		{ type: 'text', author: bob.account, text: 'Söe 🚢' },
	])
	const bodies = await verifyExport(exported)
	for (const message of messages)
		expect(message.type === 'text' && bodies.get(message.event)).toMatchObject({
			text: (message as { text: string }).text,
		})

	const [page] = exported.conversations[0]!.pages
	const forged = structuredClone(exported)
	const one = forged.conversations[0]!.pages[0]!.items[0]!
	one.author = one.author === bob.account ? alice.account : bob.account
	await expect(verifyExport(forged)).rejects.toThrow('does not stand')
	const damaged = structuredClone(exported)
	const { item } = page!.items[0]!
	damaged.conversations[0]!.pages[0]!.items[0]!.item = `${item.slice(0, -2)}${item.endsWith('AA') ? 'BA' : 'AA'}`
	await expect(verifyExport(damaged)).rejects.toThrow()
	const swapped = structuredClone(exported)
	swapped.conversations[0]!.pages[0]!.items[0]!.key = page!.items[1]!.key
	await expect(verifyExport(swapped)).rejects.toThrow('not-opened')
})

test('[A6] a copy of the account has all conversations and friends, without a network too, and the form that is written down', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	const group = await groupOf(alice, [[bob, 'member']])
	const direct = await openDirect(alice, bob)
	const texts = Array.from({ length: 600 }, (_, i) => `message ${i + 1}`)
	await post(alice, direct, ...texts)
	await post(alice, group, 'in the group')
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	alice.wire.cut()
	const exported = parsed(await copyOf(alice, { conversation: null, as: 'json' }))
	expect(exported.account).toMatchObject({ name: 'alice', friends: [{ name: 'bob', state: 'accepted' }] })
	const listed = (await now(alice.api, 'chats', null)).map(({ conversation }) => conversation)
	expect(listed).toEqual(expect.arrayContaining([direct, group]))
	expect(exported.conversations.map(({ conversation }) => conversation).toSorted()).toEqual(listed.toSorted())
	const all = exported.conversations.flatMap(({ pages }) => pages.flatMap(({ messages }) => messages))
	const said = all.map((message) => (message.type === 'text' ? message.text : ''))
	expect(said.toSorted()).toEqual([...texts, 'in the group'].toSorted())
	expect((await verifyExport(exported)).size).toBe(601)

	const { key } = must(await alice.api.beginExport({ conversation: null, as: 'json', files: false }))
	must(await alice.api.nextOfExport({ key }))
	must(await alice.api.endExport({ key }))
	expect(refusal(await alice.api.nextOfExport({ key }))).toEqual({ type: 'not-here' })
	const nobodys = { conversation: 'AAAAAAAAAAAAAAAAAAAAAA', as: 'html', files: true } as const
	expect(refusal(await alice.api.beginExport(nobodys))).toEqual({ type: 'not-here' })

	const written = await readFile(new URL('../../docs/export.schema.json', import.meta.url), 'utf8')
	expect(JSON.parse(written)).toEqual(z.toJSONSchema(exportSchema))
})

test('[M2][M7] what one deleted for oneself alone is in no copy of one’s own, and whole in that of the other', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const [key = ''] = await post(alice, direct, 'The gift is a kite', 'See you')
	await textsUntil(bob.api, direct, ['The gift is a kite', 'See you'])
	must(await alice.api.edit({ conversation: direct, key, text: 'The gift is a lamp' }))
	const said = ['The gift is a lamp', 'See you']
	const [gift] = await textsUntil(bob.api, direct, said)
	must(await bob.api.react({ conversation: direct, key: gift!.key, emoji: '🎁', on: true }))
	await until(alice.api, {
		view: 'conversation',
		of: direct,
		is: (view) => view?.messages[0]?.reactions.length === 1,
	})
	const hidden = must(await bob.api.deleteForMe({ conversation: direct, key: gift!.key }))
	const textsIn = async (device: Device) => {
		const exported = parsed(await copyOf(device, { conversation: direct, as: 'json' }))
		const bodies = [...(await verifyExport(exported)).values()].flatMap((body) => ('text' in body ? [body.text] : []))
		const [page] = exported.conversations[0]!.pages
		return { messages: page!.messages.map((one) => (one.type === 'text' ? one.text : one.type)), bodies, items: page!.items.length } // prettier-ignore
	}
	expect(await textsIn(bob)).toEqual({ messages: ['See you'], bodies: ['See you'], items: 1 })
	expect((await copyOf(bob, { conversation: direct, as: 'html' })).toString()).not.toContain('gift')
	const whole = { messages: said, items: 4 }
	expect(await textsIn(alice)).toMatchObject(whole)
	must(await bob.api.showAgain({ conversation: direct, ...hidden }))
	expect(await textsIn(bob)).toMatchObject(whole)
})

test('[M7] a copy to read is one page of HTML in which nothing runs, whatever was written', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	await post(bob, direct, '<img src=x onerror=alert(1)> & "done"')
	await textsUntil(alice.api, direct, ['<img src=x onerror=alert(1)> & "done"'])
	const html = (await copyOf(alice, { conversation: direct, as: 'html' })).toString()
	expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;done&quot;')
	expect(html).not.toContain('<img')
	expect(html).toContain(
		`content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file:; media-src 'self' file:"`,
	)
	expect(html.match(/<article /g)).toHaveLength(1)
})

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const MiB = 1024 * 1024

const unzipped = (zip: Buffer) => new Map(Object.entries(unzipSync(zip)))

test('[A6][M7] a copy with files is a zip that any program opens: byte for byte what was sent, and named where it cannot be had', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	const cat = { ...fileNamed('cat.png', 70_000), mime: 'image/png' }
	const hostile = fileNamed('../../etc/<b>"x"%2e?#.html', 2 * MiB + 17)
	must(await bob.api.post({ conversation: direct, text: 'look', files: [cat, hostile, { ...cat, name: 'same' }] }))
	const [shown] = await filesUntil(alice, direct)
	must(await alice.api.fetchFile({ conversation: direct, blob: shown?.blob ?? '' }))
	alice.wire.cut()
	await offlineUntil(alice)
	const offline = unzipped(await copyOf(alice, { conversation: direct, as: 'html', files: true }))
	expect([...offline.keys()]).toEqual(['files/1 cat.png', 'index.html'])
	const page = Buffer.from(offline.get('index.html') ?? []).toString()
	expect(page).toContain('<img src="files/1%20cat.png" alt="cat.png" loading="lazy">')
	expect(page).toContain('&lt;b&gt;&quot;x&quot;%2e?#.html (not in this copy)')

	alice.wire.resume()
	await onlineUntil(alice)
	const zip = unzipped(await copyOf(alice, { conversation: null, as: 'json', files: true }))
	const paths = ['files/1 cat.png', 'files/2 .._.._etc_b_x_2e_.html', 'files/3 same']
	expect([...zip.keys()]).toEqual([...paths, 'messages.json'])
	const exported = parsed(Buffer.from(zip.get('messages.json') ?? []))
	await verifyExport(exported)
	const messages = exported.conversations.flatMap(({ pages }) => pages.flatMap(({ messages }) => messages))
	expect(messages).toMatchObject([{ files: paths.map((path) => ({ path })) }])
	for (const [i, { file }] of [cat, hostile, cat].entries()) {
		const bytes = zip.get(paths[i] ?? '') ?? new Uint8Array()
		expect(bytes.length).toBe(file.size)
		if (i < 2) expect(hashOf(bytes)).toBe(await hashOfNew([cat, hostile][i] ?? cat))
	}
	const pages = unzipped(await copyOf(alice, { conversation: null, as: 'html', files: false }))
	expect([...pages.keys()]).toEqual(expect.arrayContaining(['index.html', expect.stringMatching(/^\d+ Bob\.html$/)]))
})

test('[A6] who stops a copy stops what is loaded for it', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const direct = await openDirect(alice, bob)
	must(await bob.api.post({ conversation: direct, text: 'film', files: [fileNamed('film', 12 * MiB)] }))
	await filesUntil(alice, direct)
	const { key } = must(await alice.api.beginExport({ conversation: direct, as: 'json', files: true }))
	const waiting = alice.api.nextOfExport({ key })
	await until(alice.api, { view: 'transfers', of: null, is: ([first]) => (first?.done ?? 0) >= MiB })
	must(await alice.api.endExport({ key }))
	expect(refusal(await waiting)).toEqual({ type: 'interrupted' })
	await until(alice.api, { view: 'transfers', of: null, is: (moving) => moving.length === 0 })
	expect(refusal(await alice.api.nextOfExport({ key }))).toEqual({ type: 'not-here' })
})
