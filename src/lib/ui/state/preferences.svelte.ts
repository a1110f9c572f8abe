/** What a person prefers in this browser alone. Nothing of it is secret; it stays where it was chosen. */
export interface PreferenceStore {
	getItem(key: string): string | null
	setItem(key: string, value: string): void
}

/** In percent of the browser's own size of text. */
export const textSizes = { normal: 100, large: 112.5, larger: 125 } as const
export type TextSize = keyof typeof textSizes

export type ThemeChoice = 'system' | 'light' | 'dark'

/** static/first-paint.js reads it too, before anything is painted. */
const themeKey = 'kith.mode'

const singleKeysKey = 'kith.single-keys'
const enterSendsKey = 'kith.enter-sends'
const textSizeKey = 'kith.text-size'

export class Preferences {
	#store: PreferenceStore
	#singleKeys = $state(true)
	#enterSends = $state(true)
	#textSize = $state<TextSize>('normal')
	#theme = $state<ThemeChoice>('system')

	constructor(store: PreferenceStore) {
		this.#store = store
		this.#singleKeys = store.getItem(singleKeysKey) !== 'off'
		this.#enterSends = store.getItem(enterSendsKey) !== 'off'
		const size = store.getItem(textSizeKey)
		if (size === 'large' || size === 'larger') this.#textSize = size
		this.readTheme()
	}

	/** Another tab may have chosen since. */
	readTheme(): void {
		const theme = this.#store.getItem(themeKey)
		this.#theme = theme === 'light' || theme === 'dark' ? theme : 'system'
	}

	get theme(): ThemeChoice {
		return this.#theme
	}

	set theme(theme: ThemeChoice) {
		this.#theme = theme
		this.#store.setItem(themeKey, theme)
	}

	/** Shortcuts of one character without a modifier; WCAG 2.1.4 wants them to have a switch. */
	get singleKeys(): boolean {
		return this.#singleKeys
	}

	set singleKeys(on: boolean) {
		this.#singleKeys = on
		this.#store.setItem(singleKeysKey, on ? 'on' : 'off')
	}

	/** Enter sends and Shift+Enter breaks the line; else Enter breaks and Ctrl or Cmd with Enter sends. */
	get enterSends(): boolean {
		return this.#enterSends
	}

	set enterSends(on: boolean) {
		this.#enterSends = on
		this.#store.setItem(enterSendsKey, on ? 'on' : 'off')
	}

	get textSize(): TextSize {
		return this.#textSize
	}

	set textSize(size: TextSize) {
		this.#textSize = size
		this.#store.setItem(textSizeKey, size)
	}
}
