/** Into the folder where downloads go. */
export function saveBlob(content: Blob, name: string): void {
	const url = URL.createObjectURL(content)
	const link = Object.assign(document.createElement('a'), { href: url, download: name })
	link.click()
	// The browser has begun to read it by then, and keeps what it reads.
	setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
