/** What a window and its worker say to each other besides calls. */

/**
 * Why this tab cannot show anything, or not safely:
 * - outdated: another tab runs a newer version of the app, or it wrote the database: reload.
 * - storage-unavailable: the browser does not let us keep anything (private mode, damaged profile).
 * - storage-full: nothing more can be kept until there is room.
 * - worker-failed: the core's script did not load or fell over: reload.
 */
export type Trouble = 'outdated' | 'storage-unavailable' | 'storage-full' | 'worker-failed'

export type FromWindow = { readonly type: 'visibility'; readonly visible: boolean } | { readonly type: 'shown' }
export type FromWorker = { readonly type: 'trouble'; readonly trouble: Trouble }

export const apiChannel = 'api'
export const windowChannel = 'window'
export const peerChannel = 'peers'
