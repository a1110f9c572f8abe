/** Conversations, their logs and pages over HTTP. */
import { api } from './implementer.ts'
import { headsForm, logForm, numbersForm, rowsForm } from './wire-forms.ts'
import { valueOf } from './problem.ts'
import { accessOf, bytesOf, idOf, textOf } from './request-context.ts'

const conversations = api.conversations

export function boxesOf(forms: readonly { account: string; g: number; box: string }[]) {
	return forms.map(({ account, g, box }) => ({ account: idOf('account', account), g, box: bytesOf(box) }))
}

export function linkBoxesOf(forms: readonly { link: string; box: string }[] = []) {
	return forms.map(({ link, box }) => ({ link: idOf('link', link), box: bytesOf(box) }))
}

export const conversationHandlers = {
	list: conversations.list.handler(async ({ context }) => {
		const { domain } = context
		const listed = await domain.conversations.list(await accessOf(context))
		const summaries = await Promise.all(
			listed.map(async ({ conversation, headSeq }) => {
				const summary = await domain.pages.summary(conversation)
				return { conversation: textOf(conversation), headSeq, ...summary }
			}),
		)
		return { conversations: summaries.sort((a, b) => b.lastAt - a.lastAt) }
	}),
	create: conversations.create.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const request = { create: bytesOf(input.create), rotate: bytesOf(input.rotate), boxes: boxesOf(input.boxes) }
		const { conversation, head } = valueOf(await context.domain.conversations.create(access, request))
		return { conversation: textOf(conversation), head: textOf(head) }
	}),
	log: conversations.log.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const conversation = idOf('conversation', input.conversation)
		const { log, boxes, cutLists, linkKeys, missing } = valueOf(
			await context.domain.conversations.log(access, conversation, input.from ?? 0),
		)
		return {
			log: logForm(log),
			boxes: boxes.map(({ epoch, g, box }) => ({ epoch, g, box: textOf(box) })),
			cutLists: cutLists.map(textOf),
			linkKeys: linkKeys.map(({ link, key }) => ({ link: textOf(link), key: textOf(key) })),
			missing: missing.map(({ account, epoch }) => ({ account: textOf(account), epoch })),
		}
	}),
	putPicture: conversations.putPicture.handler(async ({ input, context }) => {
		const about = { conversation: idOf('conversation', input.conversation), picture: bytesOf(input.picture, 16) }
		const access = await accessOf(context)
		valueOf(await context.domain.pictures.put(access, { ...about, sealed: bytesOf(input.sealed) }))
		return {}
	}),
	picture: conversations.picture.handler(async ({ input, context }) => {
		const about = { conversation: idOf('conversation', input.conversation), picture: bytesOf(input.picture, 16) }
		return { sealed: textOf(valueOf(await context.domain.pictures.read(await accessOf(context), about))) }
	}),
	append: conversations.append.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const cutList = input.cutList === undefined ? null : bytesOf(input.cutList)
		const request = {
			entry: bytesOf(input.entry),
			boxes: boxesOf(input.boxes),
			linkBoxes: linkBoxesOf(input.linkBoxes),
			cutList,
			linkKey: input.linkKey === undefined ? null : bytesOf(input.linkKey),
		}
		const conversation = idOf('conversation', input.conversation)
		const { head } = valueOf(await context.domain.conversations.append(access, conversation, request))
		return { head: textOf(head) }
	}),
	handBack: conversations.handBack.handler(async ({ input, context }) => {
		const { from, entries, head } = input.log
		const tail = {
			...{ conversation: idOf('conversation', input.conversation), from, head: bytesOf(head) },
			entries: entries.map((entry) => bytesOf(entry)),
			cutLists: input.cutLists.map((list) => bytesOf(list)),
			linkKeys: input.linkKeys.map((key) => bytesOf(key)),
		}
		const handed = valueOf(await context.domain.conversations.handBack(await accessOf(context), tail))
		return { head: textOf(handed.head) }
	}),
	heads: conversations.heads.handler(async ({ input, context }) => {
		const { account } = await accessOf(context)
		const conversation = idOf('conversation', input.conversation)
		return headsForm(valueOf(await context.domain.pages.heads(account, conversation, input.since ?? 0)))
	}),
	rows: conversations.rows.handler(async ({ input, context }) => {
		const { account } = await accessOf(context)
		const address = { conversation: idOf('conversation', input.conversation), page: input.page, part: input.part }
		return rowsForm(valueOf(await context.domain.pages.rows(account, address)))
	}),
	numbers: conversations.numbers.handler(async ({ input, context }) => {
		const { account } = await accessOf(context)
		const address = { conversation: idOf('conversation', input.conversation), page: input.page, part: input.part }
		return numbersForm(valueOf(await context.domain.pages.rows(account, address)))
	}),
	markers: conversations.markers.handler(async ({ input, context }) => {
		const { account } = await accessOf(context)
		const markers = valueOf(await context.domain.markers.of(account, idOf('conversation', input.conversation)))
		return { markers: markers.map((row) => ({ account: textOf(row.account), marker: textOf(row.marker) })) }
	}),
}
