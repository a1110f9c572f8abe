/** What windows say to the service worker. */

/** To the version that waits: take over now. */
export const activateMessage = 'kith-activate'

/** Where what another app shares lies until it is taken (share-box.ts). */
export const sharedCacheName = 'kith-shared'
