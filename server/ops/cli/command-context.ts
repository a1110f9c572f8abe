/** What every command starts from: the configuration, a way to speak, and the instance. */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { errorAnswers } from '#protocol/error-answers.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { readProcessConfig, type Config } from '#server/config.ts'
import type { BlobFiles } from '#server/domain/blob-ports.ts'
import { ed25519Signer } from '#server/node-crypto.ts'
import { decodeSecrets } from '#server/secrets.ts'
import type { Command } from 'commander'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import process from 'node:process'
import type { ActInput, ActName, ActOutput } from '../control/acts.ts'
import { askInstance } from '../control/reach-instance.ts'
import { createLog } from '../log.ts'
import { CommandFailed, createOutput, type Output } from './output.ts'

export interface CommandContext {
	readonly config: Config
	readonly output: Output
	/** `refusals`: sentences in place of those of the registry. */
	ask<N extends ActName>(
		act: N,
		input: ActInput<N>,
		refusals?: Partial<Record<WireErrorCode, string>>,
	): Promise<ActOutput<N>>
}

interface GlobalOptions {
	readonly data?: string
	readonly json?: boolean
}

export function isJson(command: Command): boolean {
	return command.optsWithGlobals<GlobalOptions>().json === true
}

export function contextOf(command: Command): CommandContext {
	const { data } = command.optsWithGlobals<GlobalOptions>()
	const config = readProcessConfig(data === undefined ? {} : { KITH_DATA: data })
	if (!config.ok) throw new CommandFailed(config.error.sentence)
	return {
		config: config.value,
		output: createOutput(isJson(command)),
		ask: async (act, input, refusals = {}) => {
			const answer = await askInstance(config.value, act, input)
			if (answer.ok) return answer.value
			throw new CommandFailed(refusals[answer.error] ?? errorAnswers[answer.error].sentence, { code: answer.error })
		},
	}
}

/** The first line of a file, or of standard input where it is called "-". */
export async function readPassphrase(path: string): Promise<string> {
	const whole = await (path === '-' ? text(process.stdin) : readFile(path, 'utf8')).catch(() => {
		throw new CommandFailed(`The passphrase file ${path} cannot be read.`)
	})
	const [line = ''] = whole.split(/\r?\n/, 1)
	if (line === '') throw new CommandFailed(`The passphrase file ${path} begins with an empty line.`)
	return line
}

/** Null: the secrets are missing or damaged. */
export async function serverKeyOf(data: string): Promise<string | null> {
	const text = await readFile(join(data, 'secrets.json'), 'utf8').catch(() => '')
	const secrets = decodeSecrets(text)
	return secrets === null ? null : bytesToBase64url(ed25519Signer(secrets.serverKey).publicKey)
}

/** Where files lie that are not in the data folder; null: all are in it. */
export async function openStore({ blobs, data }: Config): Promise<BlobFiles | null> {
	const instance = await serverKeyOf(data)
	if (blobs === null || instance === null) return null
	const { openBlobBucket } = await import('#server/data/s3/blob-bucket.ts')
	return openBlobBucket(blobs, { instance, log: createLog('warn') })
}
