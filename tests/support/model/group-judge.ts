/** What a history must have come to: everybody reads what the model says, and nothing beyond. */
import { expect } from 'vitest'
import type { ConversationId, MessageView } from '#core/api.ts'
import { readableWith, secretsOf } from '../decryptor.ts'
import { messagesUntil, textOf, until } from '../watching.ts'
import type { NodeDevice } from '../world.ts'
import type { Member, Run } from './group-run.ts'

const isOpen = ({ content }: MessageView) => content.type === 'text'

/**
 * Members read exactly what they must on every device, and none of it is closed. Who parted reads nothing that he may not; what
 * he was away for when it was written, and was not in for any more when he came back, he never got.
 */
export async function judge(run: Run): Promise<void> {
	for (const [member, wanted] of run.mayRead)
		for (const device of member.devices) await judgeDevice(run, { member, device, wanted })
	const parted = [...run.mayRead].filter(([member]) => !run.roles.has(member))
	const shut = [...parted.map(([{ person }, mayRead]) => ({ device: person, mayRead })), ...run.lost]
	for (const { device, mayRead } of shut) {
		// His client is closed for it: nobody else reads a store that is open.
		const secrets = await secretsOf(device, run.world.server.domain)
		await device.reopen()
		const read = await readableWith(secrets, run.world.server.domain, run.group)
		expect([run.seed, device.name, read.filter((text) => !mayRead.includes(text))]).toEqual([run.seed, device.name, []])
	}
}

async function judgeDevice(
	{ seed, roles, group, shared }: Run,
	{ member, device, wanted }: { member: Member; device: NodeDevice; wanted: readonly string[] },
): Promise<void> {
	const isMember = roles.has(member)
	const is = (all: readonly MessageView[]) => {
		const open = all.filter(isOpen).map(textOf)
		return open.every((text) => wanted.includes(text)) && (!isMember || open.length === wanted.length)
	}
	// A device that signed in when its account was out already knows of no such group.
	if (!isMember && (await hasNot(device, group))) return
	const seen = await messagesUntil(device.api, group, is).catch((error: unknown) => {
		throw new Error(`seed ${seed}: ${device.name} does not read exactly ${JSON.stringify(wanted)}`, { cause: error })
	})
	const closed = isMember ? seen.flatMap(({ content }) => (content.type === 'unreadable' ? [content.why] : [])) : []
	const allowed = shared ? [] : ['before-you-joined']
	expect([seed, device.name, closed.filter((why) => !allowed.includes(why))]).toEqual([seed, device.name, []])
}

async function hasNot({ api }: NodeDevice, group: ConversationId): Promise<boolean> {
	return (await until(api, { view: 'conversation', of: group, is: () => true })) === null
}
