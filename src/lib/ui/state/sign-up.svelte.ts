/** The way to a new account, step by step: who and what password, the recovery code, two of its words, done. */
import type { Commands, KithApi } from '#core/api.ts'
import { Task } from './task.svelte.ts'

export type Grant = Parameters<Commands['prepareSignUp']>[0]['grant']

export type SignUpStep =
	| { readonly type: 'form' }
	| { readonly type: 'words'; readonly words: readonly string[]; readonly ask: readonly [number, number] }
	| { readonly type: 'confirm'; readonly words: readonly string[]; readonly ask: readonly [number, number] }
	| { readonly type: 'done' }

export class SignUp {
	readonly grant: Grant
	step = $state.raw<SignUpStep>({ type: 'form' })
	readonly task = new Task()

	name = $state('')
	displayName = $state('')
	password = $state('')
	/** Empty: none. */
	email = $state('')

	#api: KithApi

	constructor(api: KithApi, grant: Grant) {
		this.#api = api
		this.grant = grant
	}

	async prepare(): Promise<void> {
		const input = {
			name: this.name.trim(),
			displayName: this.displayName.trim() || this.name.trim(),
			password: this.password,
			grant: this.grant,
			...(this.email.trim() === '' ? {} : { email: this.email.trim() }),
		}
		const prepared = await this.task.run(() => this.#api.prepareSignUp(input))
		if (prepared.ok) this.step = { type: 'words', ...prepared.value }
	}

	wroteDown(): void {
		if (this.step.type === 'words') this.step = { ...this.step, type: 'confirm' }
	}

	showAgain(): void {
		this.task.error = null
		if (this.step.type === 'confirm') this.step = { ...this.step, type: 'words' }
	}

	startOver(): void {
		this.task.error = null
		this.step = { type: 'form' }
	}

	/** True when the account is there. */
	async confirm(words: readonly [string, string]): Promise<boolean> {
		const cleaned: [string, string] = [words[0].trim().toLowerCase(), words[1].trim().toLowerCase()]
		const completed = await this.task.run(() => this.#api.completeSignUp({ words: cleaned }))
		if (!completed.ok) return false
		this.step = { type: 'done' }
		this.password = ''
		return true
	}
}
