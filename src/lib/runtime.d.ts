/**
 * All that the rooms below platform may take from their runtime: what browsers, workers and Node share, and no more.
 * Absent on purpose: timers, clock, randomness, console, network, storage. They come in through ports.
 * A compile of tsconfig.rooms.json sees this file; the other projects have their own, larger typings.
 */

interface TextEncoder {
	encode(input?: string): Uint8Array<ArrayBuffer>
	encodeInto(source: string, destination: Uint8Array): { read: number; written: number }
}
declare var TextEncoder: { new (): TextEncoder }

interface TextDecoder {
	decode(input?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string
}
declare var TextDecoder: { new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder }

interface URLSearchParams {
	get(name: string): string | null
	has(name: string): boolean
	set(name: string, value: string): void
	append(name: string, value: string): void
	toString(): string
}
declare var URLSearchParams: { new (init?: string | Record<string, string>): URLSearchParams }

interface URL {
	hash: string
	host: string
	hostname: string
	href: string
	pathname: string
	port: string
	protocol: string
	search: string
	readonly origin: string
	readonly searchParams: URLSearchParams
	toString(): string
}
declare var URL: {
	new (url: string | URL, base?: string | URL): URL
	canParse(url: string | URL, base?: string | URL): boolean
}

interface AbortSignal {
	readonly aborted: boolean
	readonly reason: unknown
	throwIfAborted(): void
	addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
	removeEventListener(type: 'abort', listener: () => void): void
}
interface AbortController {
	readonly signal: AbortSignal
	abort(reason?: unknown): void
}
declare var AbortController: { new (): AbortController }

interface Blob {
	readonly size: number
	slice(start?: number, end?: number): Blob
	arrayBuffer(): Promise<ArrayBuffer>
}
declare var Blob: { new (parts: readonly Uint8Array<ArrayBuffer>[]): Blob }

declare function structuredClone<T>(value: T): T
declare function queueMicrotask(callback: () => void): void

/** WebCrypto, as far as it is used: https://www.w3.org/TR/webcrypto-2/ */
type KeyUsage = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'deriveKey' | 'deriveBits' | 'wrapKey' | 'unwrapKey'
type KeyFormat = 'raw' | 'pkcs8' | 'spki' | 'jwk'

interface CryptoKey {
	readonly algorithm: { name: string }
	readonly extractable: boolean
	readonly type: 'private' | 'public' | 'secret'
	readonly usages: KeyUsage[]
}
interface CryptoKeyPair {
	readonly privateKey: CryptoKey
	readonly publicKey: CryptoKey
}
interface JsonWebKey {
	readonly kty?: string
	readonly crv?: string
	readonly x?: string
	readonly d?: string
}

type BufferSource = ArrayBuffer | ArrayBufferView<ArrayBuffer>
interface AlgorithmName {
	readonly name: string
}
interface AesGcmParams extends AlgorithmName {
	readonly iv: BufferSource
	readonly additionalData?: BufferSource
	readonly tagLength?: number
}
interface HkdfParams extends AlgorithmName {
	readonly hash: string
	readonly salt: BufferSource
	readonly info: BufferSource
}
interface KeyParams extends AlgorithmName {
	readonly hash?: string
	readonly length?: number
	readonly namedCurve?: string
}
interface EcdhKeyDeriveParams extends AlgorithmName {
	readonly public: CryptoKey
}

interface SubtleCrypto {
	digest(algorithm: string, data: BufferSource): Promise<ArrayBuffer>
	sign(algorithm: string | AlgorithmName, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>
	verify(
		algorithm: string | AlgorithmName,
		key: CryptoKey,
		signature: BufferSource,
		data: BufferSource,
	): Promise<boolean>
	encrypt(algorithm: AesGcmParams, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>
	decrypt(algorithm: AesGcmParams, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>
	generateKey(
		algorithm: 'Ed25519' | 'X25519',
		extractable: boolean,
		usages: readonly KeyUsage[],
	): Promise<CryptoKeyPair>
	generateKey(algorithm: KeyParams, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>
	importKey(
		format: 'jwk',
		key: JsonWebKey,
		algorithm: string | KeyParams,
		extractable: boolean,
		usages: readonly KeyUsage[],
	): Promise<CryptoKey>
	importKey(
		format: Exclude<KeyFormat, 'jwk'>,
		key: BufferSource,
		algorithm: string | KeyParams,
		extractable: boolean,
		usages: readonly KeyUsage[],
	): Promise<CryptoKey>
	exportKey(format: 'jwk', key: CryptoKey): Promise<JsonWebKey>
	exportKey(format: Exclude<KeyFormat, 'jwk'>, key: CryptoKey): Promise<ArrayBuffer>
	deriveBits(algorithm: HkdfParams | EcdhKeyDeriveParams, key: CryptoKey, length: number): Promise<ArrayBuffer>
	deriveKey(
		algorithm: HkdfParams | EcdhKeyDeriveParams,
		key: CryptoKey,
		derived: string | KeyParams,
		extractable: boolean,
		usages: readonly KeyUsage[],
	): Promise<CryptoKey>
}
declare var crypto: { readonly subtle: SubtleCrypto }
