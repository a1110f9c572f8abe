/** Stories of the operator: the command line against real servers, real clients and real folders. */
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { runKith } from '../support/kith-command.ts'
import { storyClock } from '../support/story-clock.ts'
import { peopled, world } from '../support/story.ts'
import { must, textOf, until } from '../support/watching.ts'
import { accessTokenOf, befriend, onlineUntil, openDirect, post, writableUntil, type Device } from '../support/world.ts'

/** The whole history, once it has as many messages; none is there twice. */
async function everythingOnce({ api }: Device, conversation: ConversationId, texts: readonly string[]): Promise<void> {
	const view = await until(api, {
		view: 'conversation',
		of: conversation,
		is: (value) => {
			if (value?.more === true) void api.loadEarlier({ conversation, count: 500 })
			const isHere = value?.more === false && value.messages.length >= texts.length
			return isHere && value.messages.every(({ content }) => content.type === 'text')
		},
	})
	expect(view?.messages.map(textOf).toSorted()).toEqual([...texts].toSorted())
}

/** The server has all that was sent. */
const ackedUntil = ({ api }: Device) => until(api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })

const minute = 60_000
const passphrase = 'a passphrase of the operator\n'

test('[S3] a backup made under load is restored elsewhere, and devices hand back what came after it', async () => {
	const { clock, advance } = storyClock()
	const opened = await world({ clock })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const { data } = opened.server
	const backup = join(data, '../backup')

	let isDone = false
	const backingUp = runKith(['backup', backup, '--passphrase-file', '-'], { data, input: passphrase }).finally(
		() => (isDone = true),
	)
	const during: string[] = []
	for (let i = 0; !isDone; i++) {
		during.push(`during ${i}`)
		await post(alice, conversation, `during ${i}`)
		await ackedUntil(alice)
	}
	const made = await backingUp
	expect(made.err).toBe('')
	expect(made.code).toBe(0)
	const after = ['after 1', 'after 2', 'after 3']
	await post(alice, conversation, ...after.slice(0, 2))
	await post(bob, conversation, ...after.slice(2))
	for (const person of [alice, bob]) await ackedUntil(person)
	const all = [...during, ...after]
	for (const person of [alice, bob]) await everythingOnce(person, conversation, all)

	// Both devices change their tokens, twice: what the backup holds is two tokens back.
	for (let i = 0; i < 2; i++) {
		advance(15 * minute)
		for (const person of [alice, bob]) await accessTokenOf(person)
	}

	await opened.stop()
	const overwriting = await runKith(['restore', backup, '--passphrase-file', '-'], { data, input: passphrase })
	expect(overwriting.err).toContain('is not empty')
	expect(overwriting.code).toBe(1)
	await rename(data, `${data}-lost`)
	const restored = await runKith(['restore', backup, '--passphrase-file', '-'], { data, input: passphrase })
	expect(restored.err).toBe('')
	expect(restored.code).toBe(0)
	await opened.start()
	await onlineUntil(alice)
	await onlineUntil(bob)
	await post(bob, conversation, 'and on')
	for (const person of [alice, bob]) await everythingOnce(person, conversation, [...all, 'and on'])

	const phone = await opened.device('phone')
	must(await phone.api.recover({ name: 'bob', code: bob.words.join(' ') }))
	await writableUntil(phone, conversation)
	await everythingOnce(phone, conversation, [...all, 'and on'])
})
