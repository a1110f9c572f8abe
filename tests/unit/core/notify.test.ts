/** What the system shows of a push: by the row of this device where it opens, and something in any case. */
import { expect, test } from 'vitest'
import { noticeOf, type NotifyRow } from '#core/notify.ts'
import { utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { idToText } from '#protocol/ids.ts'
import { decodePush, encodePush } from '#protocol/push-message.ts'

const conversation = new Uint8Array(16).fill(5) as Bytes
const look = encodePush({ type: 'look', conversation })
const words = { message: 'Neue Nachricht', test: 'Es klappt' }
const row = (chat: Partial<NotifyRow['chats'][number]> = {}): NotifyRow => ({
	words,
	chats: [{ conversation, title: 'Bob', muted: null, ...chat }],
})
const now = 1_000

test('[N2] a name, and words in the language of the app; a click leads there', () => {
	const there = idToText(conversation)
	expect(noticeOf(look, row(), now)).toEqual({ title: 'Bob', body: words.message, conversation: there, isQuiet: false })
	expect(noticeOf(look, row({ title: '' }), now)).toMatchObject({ title: null, conversation: there })
	expect(noticeOf(look, { words, chats: [] }, now)).toMatchObject({ title: null, conversation: there })
	expect(noticeOf(encodePush({ type: 'test' }), row(), now)).toMatchObject({ title: null, body: words.test })
})

test('[N2] what is muted comes without a sound, until its time is over', () => {
	expect(noticeOf(look, row({ muted: { until: null } }), now).isQuiet).toBe(true)
	expect(noticeOf(look, row({ muted: { until: now + 1 } }), now).isQuiet).toBe(true)
	expect(noticeOf(look, row({ muted: { until: now } }), now).isQuiet).toBe(false)
})

test('[N2] without the row, and for what nobody understands, it says that something came', () => {
	expect(noticeOf(look, null, now)).toMatchObject({ title: null, body: 'New message' })
	for (const bytes of [null, new Uint8Array(), utf8ToBytes('%'), utf8ToBytes('AAAA'), new Uint8Array([255, 254])])
		expect(noticeOf(bytes, row(), now)).toEqual({
			title: null,
			body: words.message,
			conversation: null,
			isQuiet: false,
		})
	expect(decodePush(look)).toEqual({ type: 'look', conversation })
	expect(decodePush(utf8ToBytes(`${Buffer.from(look)}A`))).toBe(null)
})
