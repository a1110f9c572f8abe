/** What the machine does just now, beside every result: a figure says little without it. */
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { rounded, type Line } from './lines.ts'
import { monotonicMs } from './monotonic.ts'

function timed(work: () => void): number {
	const before = monotonicMs()
	work()
	return rounded(monotonicMs() - before, 1)
}

/** 1 KiB each. */
function hashes(): void {
	const block = new Uint8Array(1024)
	for (let i = 0; i < 20_000; i++) createHash('sha256').update(block).digest()
}

/** One thread, 32-byte messages. */
function verifier(): () => void {
	const { publicKey, privateKey } = generateKeyPairSync('ed25519')
	const message = new Uint8Array(32)
	const signature = sign(null, message, privateKey)
	return () => {
		for (let i = 0; i < 1000; i++) verify(null, message, publicKey, signature)
	}
}

/** Appends of 4 KiB, each made durable, where the benches keep their data. */
function fsyncs(): void {
	const folder = mkdtempSync(join(tmpdir(), 'kith-bench-'))
	const file = openSync(join(folder, 'fsync'), 'w')
	const block = new Uint8Array(4096)
	for (let i = 0; i < 1000; i++) {
		writeSync(file, block)
		fsyncSync(file)
	}
	closeSync(file)
	rmSync(folder, { recursive: true })
}

export function calibrate(): Line {
	return {
		bench: 'calibrate',
		sha256_20k_ms: timed(hashes),
		ed25519_verify_1k_ms: timed(verifier()),
		fsync_1k_ms: timed(fsyncs),
		load_1min: rounded(loadavg()[0] ?? Number.NaN),
	}
}
