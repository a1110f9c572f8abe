/** What windows say to the service worker. */

/** To the version that waits: take over now. */
export const activateMessage = 'kith-activate'
