/** What groups and rooms need beside their logs, over HTTP. */
import { boxesOf, linkBoxesOf } from './conversation-handlers.ts'
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { accessOf, bytesOf, idOf, textOf } from './request-context.ts'
import { logForm } from './wire-forms.ts'

const rooms = api.rooms

export const roomHandlers = {
	sealBoxes: rooms.sealBoxes.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const { epoch } = input
		const conversation = idOf('conversation', input.conversation)
		const given = { conversation, epoch, boxes: boxesOf(input.boxes), linkBoxes: linkBoxesOf(input.linkBoxes) }
		valueOf(await context.domain.conversations.sealMissing(access, given))
		return {}
	}),
	askBox: rooms.askBox.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const about = { conversation: idOf('conversation', input.conversation), epoch: input.epoch }
		valueOf(await context.domain.conversations.askForBox(access, about))
		return {}
	}),
	lease: rooms.lease.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const about = { conversation: idOf('conversation', input.conversation), epoch: input.epoch ?? null }
		return valueOf(await context.domain.conversations.leaseRotation(access, about))
	}),
	streams: rooms.streams.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const about = { conversation: idOf('conversation', input.conversation), account: idOf('account', input.account) }
		const streams = valueOf(await context.domain.conversations.streamsOf(access, about))
		return { streams: streams.map(({ device, ...place }) => ({ device: textOf(device), ...place })) }
	}),
	linkNonce: rooms.linkNonce.handler(async ({ context }) => {
		const serverNonce = valueOf(await context.domain.rooms.nonce(await accessOf(context)))
		return { serverNonce: textOf(serverNonce) }
	}),
	openLink: rooms.openLink.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const proof = {
			conversation: idOf('conversation', input.conversation),
			linkKey: bytesOf(input.linkKey, 32),
			clientNonce: bytesOf(input.clientNonce, 32),
			serverNonce: bytesOf(input.serverNonce, 32),
			signature: bytesOf(input.signature, 64),
		}
		const { log, epoch, box } = valueOf(await context.domain.rooms.open(access, proof))
		return { log: logForm(log), epoch, box: textOf(box) }
	}),
	directory: rooms.directory.handler(async ({ context }) => {
		await accessOf(context)
		const listed = await context.domain.rooms.directory()
		return {
			rooms: listed.map(({ listing: { conversation, name, topic }, members, online }) => ({
				...{ conversation: textOf(conversation), name, topic, members, online },
			})),
		}
	}),
	enter: rooms.enter.handler(async ({ input, context }) => {
		await accessOf(context)
		const secret = valueOf(await context.domain.rooms.secret(idOf('conversation', input.conversation)))
		return { secret: textOf(secret) }
	}),
	list: rooms.list.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const { name, topic } = input
		const keys = { link: idOf('link', input.link), secret: bytesOf(input.secret, 32) }
		const conversation = idOf('conversation', input.conversation)
		valueOf(await context.domain.rooms.list(access, { conversation, name, topic, ...keys }))
		return {}
	}),
	knock: rooms.knock.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		valueOf(await context.domain.rooms.knock(access, idOf('conversation', input.conversation)))
		return {}
	}),
	knocks: rooms.knocks.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const waiting = valueOf(await context.domain.rooms.knocks(access, idOf('conversation', input.conversation)))
		return { knocks: waiting.map(({ account, at }) => ({ account: textOf(account), at })) }
	}),
	dropKnock: rooms.dropKnock.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const conversation = idOf('conversation', input.conversation)
		valueOf(await context.domain.rooms.dropKnock(access, conversation, idOf('account', input.account)))
		return {}
	}),
}
