/** Being woken while the app is closed: what the browser and the person allow, and what this device has said to the server. */
import type { KithApi, PushOutcome, PushSetting, PushView } from '#core/api.ts'
import type { BrowserPush } from './push-port.ts'
import type { PreferenceStore } from './preferences.svelte.ts'
import { Task } from './task.svelte.ts'

/** `none`: this browser cannot. `blocked`: the person has said no to it, once and for all. */
type PushState = 'loading' | 'none' | 'blocked' | 'off' | 'on'

interface PushDeps {
	readonly api: Pick<KithApi, 'push' | 'setPush' | 'testPush'>
	readonly open: () => Promise<BrowserPush | null>
	readonly store: PreferenceStore
	/** What the system shows, in the language of this window. */
	readonly words: () => PushSetting['words']
}

const offeredKey = 'kith.push-offered'

export class Push {
	readonly #deps: PushDeps
	#browser: BrowserPush | null = null
	#view: PushView | null = null
	state = $state<PushState>('loading')
	named = $state(true)
	/** The browser's own service was not there. */
	unreached = $state(false)
	/** Of the last test. */
	outcome = $state<PushOutcome | null>(null)
	readonly saving = new Task()
	readonly testing = new Task()

	constructor(deps: PushDeps) {
		this.#deps = deps
	}

	/** For the screen of the setting. */
	async load(): Promise<void> {
		this.#browser = await this.#deps.open()
		if (this.#browser === null) return void (this.state = 'none')
		const asked = await this.saving.run(() => this.#deps.api.push())
		if (!asked.ok) return
		this.#view = asked.value
		this.named = asked.value.setting?.named ?? true
		this.state = this.#stateNow(asked.value.setting !== null)
	}

	/** At every start: a browser may have changed its address, and the server its key or the language its words. */
	async keepUp(): Promise<void> {
		this.#browser = await this.#deps.open()
		if (this.#browser?.permission() !== 'granted') return
		const asked = await this.#deps.api.push()
		if (!asked.ok || asked.value.setting === null) return
		this.#view = asked.value
		this.named = asked.value.setting.named
		await this.turnOn()
	}

	/** Was it never asked here, and can it be? Where a device says no, or was set up, nobody is asked again. */
	async mayOffer(): Promise<boolean> {
		this.#browser = await this.#deps.open()
		return this.#browser?.permission() === 'default' && this.#deps.store.getItem(offeredKey) === null
	}

	offered(): void {
		this.#deps.store.setItem(offeredKey, 'yes')
	}

	/** Asks the person where nobody has yet: call it within a click. */
	async turnOn(): Promise<void> {
		const browser = this.#browser
		if (browser === null) return
		const permission = browser.permission() === 'default' ? await browser.ask() : browser.permission()
		if (permission !== 'granted') return void (this.state = this.#stateNow(false))
		await this.saving.run(async () => {
			const view = this.#view === null ? await this.#deps.api.push() : ({ ok: true, value: this.#view } as const)
			if (!view.ok) return view
			this.#view = view.value
			const subscription = await subscribedFor(browser, view.value.key).catch(() => null)
			this.unreached = subscription === null
			if (subscription === null) return { ok: true, value: null }
			const { target } = subscription
			const kept = await this.#deps.api.setPush({ target, named: this.named, words: this.#deps.words() })
			if (kept.ok) this.state = 'on'
			return kept
		})
	}

	async turnOff(): Promise<void> {
		const done = await this.saving.run(() => this.#deps.api.setPush(null))
		this.outcome = null
		if (!done.ok) return
		this.state = 'off'
		const current = await this.#browser?.current()
		await current?.end().catch(() => undefined)
	}

	async setNamed(named: boolean): Promise<void> {
		this.named = named
		await this.turnOn()
	}

	async test(): Promise<void> {
		this.outcome = null
		const tested = await this.testing.run(() => this.#deps.api.testPush())
		if (tested.ok) this.outcome = tested.value.outcome
	}

	/** Who looks at the app has seen what the system shows. */
	async seen(): Promise<void> {
		await this.#browser?.clear()
	}

	#stateNow(isOn: boolean): PushState {
		const permission = this.#browser?.permission()
		if (permission === 'denied') return 'blocked'
		return isOn && permission === 'granted' ? 'on' : 'off'
	}
}

/** The one that is there, unless it is for another key than the server's. */
async function subscribedFor(browser: BrowserPush, key: string) {
	const current = await browser.current()
	if (current !== null && (current.key === null || current.key === key)) return current
	await current?.end()
	return browser.subscribe(key)
}
