/** Files in words: for lists, labels and quotes. */
import type { FileView } from '../state/views.ts'
import { m } from './catalogue.ts'

export function fileWords({ name, picture, sound }: Pick<FileView, 'name' | 'picture' | 'sound'>): string {
	if (sound !== null) return m.file_voice()
	return picture === null ? name : m.file_picture()
}

/** 83 s: 1:23. */
export function durationWords(ms: number): string {
	const seconds = Math.round(ms / 1000)
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
