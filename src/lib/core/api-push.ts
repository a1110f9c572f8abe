/** Being woken by the server while no tab is open (product N2): what a person switches, and what a screen shows of it. */
import type { Result } from '#protocol/result.ts'
import type { KithError } from './api-basics.ts'

export interface PushCommands {
	/** What this device has said. Once asked, the server is told of conversations that become quiet until the session ends. */
	push(): Promise<Result<PushView, KithError>>
	/** Null: it is woken no more. Refused: malformed, where this server does not reach the push service of this browser. */
	setPush(input: PushSetting | null): Promise<Result<null, KithError>>
	/** Wakes this device now, and says what the push service answered. */
	testPush(): Promise<Result<{ outcome: PushOutcome }, KithError>>
}

/** `away`: the push service does not answer this server; `gone`, `refused`: it must be subscribed anew. */
export type PushOutcome = 'sent' | 'gone' | 'refused' | 'away'

export interface PushView {
	/** What a browser subscribes for: a P-256 point, base64url. */
	readonly key: string
	/** Null: this device is not woken. */
	readonly setting: PushSetting | null
}

export interface PushSetting {
	/** As the browser says it; bytes in base64url. */
	readonly target: { readonly endpoint: string; readonly p256dh: string; readonly auth: string }
	/** The system shows where something was said. */
	readonly named: boolean
	/** What the system shows, in the language of this device. */
	readonly words: { readonly message: string; readonly test: string }
}
