/**
 * As whom is somebody counted who comes through the proxies of this instance? Told to nobody but the operator's doctor, who proves by
 * the instance's own secret that it is he, with a word that is good for two minutes.
 */
import { bytesToBase64url, equalBytes, utf8ToBytes } from '#protocol/bytes.ts'
import type { DomainSecrets } from './domain.ts'

type Hmac = DomainSecrets['hmac']

const minute = 60_000
const label = 'doctor-question'

const wordOf = (hmac: Hmac, minutes: number) => bytesToBase64url(hmac(label, utf8ToBytes(String(minutes))))

export function doctorQuestion(hmac: Hmac, now: number): string {
	return wordOf(hmac, Math.floor(now / minute))
}

export function isDoctorQuestion(hmac: Hmac, question: string, now: number): boolean {
	// Compared as hashes under a secret key: how far they agree says nothing about the word.
	const said = hmac('kith/compare', utf8ToBytes(question))
	const minutes = Math.floor(now / minute)
	return [minutes, minutes - 1].some((at) => equalBytes(hmac('kith/compare', utf8ToBytes(wordOf(hmac, at))), said))
}
