/** A group and its log, entry by entry: the set-up of the tests of its rules. Nothing is checked while it is written. */
import { bytesToBase64url, compareBytes, type Bytes } from '#protocol/bytes.ts'
import type {
	ConversationBody,
	ConversationBodyOf,
	ConversationEntryType,
	ConversationKind,
	Policy,
	Role,
} from '#protocol/conversation-log.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { linkIdOf } from '#protocol/ids.ts'
import { nodeHash } from './crypto-ports.ts'
import { createOf, refsOf } from './direct-story.ts'
import {
	accountRef,
	actor,
	AccountStory,
	bytesOf,
	ConversationStory,
	epochOf,
	lookupOf,
	signedBy,
	type Actor,
} from './log-actors.ts'

export const groupPolicy: Policy = { history: 'shared', invite: 'admins', knock: 'no', expiry: null }

/** Everything of a body but where it stands and who made it. */
type Fields<T extends ConversationEntryType> = Omit<
	ConversationBodyOf<T>,
	'type' | 'seq' | 'previous' | 'time' | 'author' | 'device' | 'base' | 'baseHash'
>

export class GroupStory {
	readonly people = new Map<string, AccountStory>()
	readonly log = new ConversationStory()
	readonly linkKey: Actor = actor('a link')

	/** Whoever has this name; made when first named. */
	person(name: string): AccountStory {
		const known = this.people.get(name) ?? new AccountStory(name)
		this.people.set(name, known)
		return known
	}

	idOf(name: string): Bytes {
		return this.person(name).idHash
	}

	async accounts() {
		return lookupOf(await Promise.all([...this.people.values()].map((one) => one.state())))
	}

	async refs(...names: readonly string[]) {
		return refsOf(await Promise.all(names.map((name) => this.person(name).state())))
	}

	members(roles: Readonly<Record<string, Role>>) {
		return Object.entries(roles)
			.map(([name, role]) => ({ idHash: this.idOf(name), role }))
			.sort((a, b) => compareBytes(a.idHash, b.idHash))
	}

	ids(...names: readonly string[]): Bytes[] {
		return names.map((name) => this.idOf(name)).sort(compareBytes)
	}

	/** As an entry on the newest head; `over`: what stands otherwise. */
	write<T extends Exclude<ConversationEntryType, 'create'>>(
		by: string,
		type: T,
		fields: Fields<T>,
		over: Partial<ConversationBodyOf<T>> = {},
	): this {
		const author = this.person(by)
		const isBased = ['rotate', 'join', 'leave', 'linkEnd', 'cut', 'title'].includes(type)
		const place = isBased ? this.log.based(author) : this.log.placed(author)
		this.log.append({ type, ...place, ...fields, ...over } as unknown as ConversationBody, author.laptop)
		if (type === 'join') this.#signByLink()
		return this
	}

	#signByLink(): void {
		const last = this.log.entries.pop()!
		const [link] = signedBy(last.body, [{ kind: 'link', by: this.linkKey, purpose: 'join' }]).signatures
		this.log.entries.push({ ...last, signatures: [...last.signatures, link!] })
	}

	get linkId(): Bytes {
		return linkIdOf(nodeHash, this.linkKey.signingKey)
	}

	async add(by: string, roles: Readonly<Record<string, Role>>, n: number): Promise<this> {
		const acc = await this.refs(...Object.keys(roles))
		const keys = { give: 'current', n, boxesRoot: bytesOf('boxes') } as const
		return this.write(by, 'add', { members: this.members(roles), keys, acc })
	}

	remove(by: string, names: readonly string[], n: number): this {
		const accounts = this.ids(...names)
		return this.write(by, 'remove', { accounts, epoch: epochOf(n), acc: [], cut: bytesOf('cut') })
	}

	link(by: string, n: number, change: Partial<Fields<'link'>> = {}): this {
		const keys = { signingKey: this.linkKey.signingKey, kemHash: this.linkKey.kemHash, boxesRoot: bytesOf('boxes') }
		return this.write(by, 'link', { ...keys, role: 'member', expires: null, uses: null, n, ...change })
	}

	async join(by: string, n: number, over: Partial<ConversationBodyOf<'join'>> = {}): Promise<this> {
		const acc = [accountRef(await this.person(by).state())]
		return this.write(by, 'join', { link: this.linkId, n, boxesRoot: bytesOf('boxes'), acc }, over)
	}

	rotate(by: string, n: number, over: Partial<ConversationBodyOf<'rotate'>> = {}): this {
		return this.write(by, 'rotate', { epoch: epochOf(n), acc: [] }, over)
	}

	/** Why the log is not believed, by rule or type; null where it is. */
	async problem(): Promise<string | null> {
		const result = await this.log.verify(await this.accounts())
		if (result.ok) return null
		return result.error.type === 'rule' ? result.error.rule : result.error.type
	}

	async state(): Promise<ConversationState> {
		return this.log.state(await this.accounts())
	}

	/** The role of somebody at the head. */
	async role(name: string): Promise<Role | null> {
		return (await this.state()).members.get(bytesToBase64url(this.idOf(name)))?.role ?? null
	}
}

/** Alice owns it, Bob is admin, Charlie member and Dora reader; epoch 1 is made. */
export async function groupStory(
	change: { readonly kind?: ConversationKind; readonly policy?: Partial<Policy> } = {},
	roles: Readonly<Record<string, Role>> = { alice: 'owner', bob: 'admin', charlie: 'member', dora: 'reader' },
): Promise<GroupStory> {
	const story = new GroupStory()
	const [first] = Object.keys(roles) as [string]
	const alice = story.person(first)
	const create = createOf(alice, story.members(roles), change.kind ?? 'group')
	story.log.append({ ...create, policy: { ...groupPolicy, ...change.policy } }, alice.laptop)
	const acc = await story.refs(...Object.keys(roles))
	story.log.append({ type: 'rotate', ...story.log.based(alice), epoch: epochOf(1), acc }, alice.laptop)
	return story
}
