/** The app is drawn in the browser alone: what it shows is decrypted there. The server sends an empty shell. */
export const ssr = false
export const trailingSlash = 'never'
