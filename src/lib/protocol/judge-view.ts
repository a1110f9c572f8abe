/** What the intrinsic checks ask, answered by the verified states of logs (conversation-state.ts, account-state.ts). */
import type { AccountDevice } from './account-state.ts'
import { equalBytes, type Bytes } from './bytes.ts'
import { accAt, cutsOver, epochAt, isArchivedAt, roleAt } from './conversation-lookups.ts'
import type { ConversationState, CutRecord } from './conversation-state.ts'
import type { CutList } from './cut.ts'
import type { PageAddress } from './guid.ts'
import type { AuthorDevice, CutOfAuthor, JudgeView, LogView } from './intrinsic.ts'
import type { Hash } from './ports.ts'

export interface KnownDevice {
	/** The account whose verified log certifies it. */
	readonly idHash: Bytes
	readonly device: AccountDevice
}

export interface JudgeSources {
	readonly hash: Hash
	readonly conversation: ConversationState
	/** Over the account logs of everyone who ever was a member; null while none of them names the device. */
	readonly device: (deviceId: Bytes) => KnownDevice | null
	/** The list beside a log entry, by its hash; null while it is not here. */
	readonly cutList: (hash: Bytes) => CutList | null
}

export function judgeViewOf(sources: JudgeSources): JudgeView {
	return {
		hash: sources.hash,
		log: logViewOf(sources),
		device: (deviceId) => {
			const known = sources.device(deviceId)
			return known === null ? null : authorDeviceOf(known)
		},
	}
}

function authorDeviceOf({ idHash, device }: KnownDevice): AuthorDevice {
	return { idHash, publicKey: device.signingKey, endedAt: device.ended?.seq ?? null }
}

function logViewOf({ conversation, cutList }: JudgeSources): LogView {
	return {
		convId: conversation.id,
		hashAt: (seq) => conversation.hashes[seq] ?? null,
		roleAt: (idHash, seq) => roleAt(conversation, idHash, seq),
		archivedAt: (seq) => isArchivedAt(conversation, seq),
		epochAt: (seq) => epochAt(conversation, seq)?.n ?? 0,
		accAt: (idHash, seq) => accAt(conversation, idHash, seq)?.seq ?? null,
		cutsOver: ({ idHash, deviceId, logSeq }) =>
			cutsOver(conversation, { account: idHash, device: deviceId, logSeq }).map((cut) =>
				cutOfAuthor(cut, deviceId, cutList(cut.hash)),
			),
	}
}

function cutOfAuthor({ seq }: CutRecord, deviceId: Bytes, list: CutList | null): CutOfAuthor {
	if (list === null) return { seq, nextClock: null }
	const pages = list.find(({ device }) => equalBytes(device, deviceId))?.pages ?? []
	return {
		seq,
		nextClock: ({ page, part }: PageAddress, clientId) => {
			const streams = pages.find((listed) => listed.page === page && listed.part === part)?.streams ?? []
			return streams.find((stream) => stream.clientId === clientId)?.next ?? 0
		},
	}
}
