/**
 * Words of what went wrong, where hardly anything ever does: all of them are loaded with the first. Where that fails, the network
 * is what is missing.
 */
import type { KithError, WireCode } from '../state/views.ts'
import { m } from './catalogue.ts'
import type { ErrorWords } from './errors.ts'

const offline = (): ErrorWords => ({ what: m.err_offline(), next: m.err_offline_next() })

export async function errorWordsLater(error: KithError): Promise<ErrorWords> {
	return import('./errors.ts').then(({ errorWords }) => errorWords(error), offline)
}

export async function errorSentenceLater(error: KithError): Promise<string> {
	return import('./errors.ts').then(
		({ errorSentence }) => errorSentence(error),
		() => m.err_offline(),
	)
}

/** Null where nothing but the failure is known. */
export async function wireWordsLater(code: WireCode | null): Promise<ErrorWords | null> {
	if (code === null) return null
	return import('./wire-errors.ts').then(
		({ wireWords }) => wireWords(code),
		() => null,
	)
}
