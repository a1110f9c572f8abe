/** What any system takes as the name of a file, with the day on which it was made. */
export function copyName(title: string, at: number): string {
	const plain = title
		.replace(/[\p{C}\s\\/:*?"<>|.]+/gu, ' ')
		.trim()
		.slice(0, 60)
	return `${plain === '' ? 'kith' : plain} ${new Date(at).toISOString().slice(0, 10)}`
}
