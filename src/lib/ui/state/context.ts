/** The client of this window, handed down the component tree: no module holds it. */
import { createContext } from 'svelte'
import type { Kith } from './kith.svelte.ts'
import type { Minute } from './minute.svelte.ts'
import type { Preferences } from './preferences.svelte.ts'

export const [getKith, setKith] = createContext<Kith>()
export const [getMinute, setMinute] = createContext<Minute>()
export const [getPreferences, setPreferences] = createContext<Preferences>()
