/** The client of this window, handed down the component tree: no module holds it. */
import { createContext } from 'svelte'
import type { Kith } from './kith.svelte.ts'
import type { Minute } from './minute.svelte.ts'
import type { Preferences } from './preferences.svelte.ts'
import type { Shared, SharedFiles } from './shared-files.ts'

export const [getKith, setKith] = createContext<Kith>()
export const [getMinute, setMinute] = createContext<Minute>()
/** What another app shared into this one, once: null where nothing waits under the fragment of this address. */
type TakeShared = (fragment: string) => Promise<Shared | 'no-room' | null>
export const [getTakeShared, setTakeShared] = createContext<TakeShared>()
/** Shared files on their way to the conversation that was chosen. */
export const [getSharedFiles, setSharedFiles] = createContext<SharedFiles>()
export const [getPreferences, setPreferences] = createContext<Preferences>()
