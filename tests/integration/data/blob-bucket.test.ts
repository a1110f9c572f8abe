/** Files in an object store that is wrong, another's, away, or hostile. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { BlobStore } from '#server/config-addresses.ts'
import { openBlobBucket } from '#server/data/s3/blob-bucket.ts'
import { openBucket } from '#server/data/s3/bucket.ts'
import { BlobFilesUnavailable } from '#server/domain/blob-ports.ts'
import { fileOf } from '../../support/blob-vectors.ts'
import { allOf, startS3, type S3Store } from '../../support/s3.ts'
import { recordingLog, type LogLine } from '../../support/server.ts'

let s3: S3Store
beforeAll(async () => {
	s3 = await startS3()
})
afterAll(() => s3.close())

const blob = fileOf(16)

function open(place: Partial<BlobStore>, instance = 'ours') {
	const lines: LogLine[] = []
	return { lines, files: openBlobBucket({ ...s3.place, ...place }, { instance, log: recordingLog(lines) }) }
}

test('what is wrong in the configuration stops the start with a sentence that repeats no secret', async () => {
	const wrong: Partial<BlobStore>[] = [{ secret: 'not the one' }, { keyId: 'nobody' }, { bucket: 'elsewhere' }]
	const codes = ['SignatureDoesNotMatch', 'InvalidAccessKeyId', 'NoSuchBucket']
	for (const [i, place] of wrong.entries()) {
		const said = await open({ prefix: 'wrong/', ...place }).files.catch((error: unknown) => error)
		expect(said).toMatchObject({ name: 'Error', message: expect.stringContaining(`refuses (${codes[i]})`) as unknown })
		for (const secret of ['not the one', s3.place.secret]) expect(String(said)).not.toContain(secret)
	}
})

test('where the files of another Kith lie nothing is written, read or swept', async () => {
	const prefix = 'two/'
	await (await open({ prefix }).files).write(blob, 0, fileOf(10))
	await expect(open({ prefix }, 'theirs').files).rejects.toThrow('another Kith')
	// The store was away at the start, and its owner is asked after later.
	s3.wire.cut()
	const { files, lines } = open({ prefix }, 'theirs')
	const late = await files
	expect(lines).toMatchObject([{ level: 'warn', event: 'file-store-unreachable' }])
	await expect(late.write(blob, 10, fileOf(10))).rejects.toThrow(BlobFilesUnavailable)
	s3.wire.resume()
	await expect(late.write(blob, 10, fileOf(10))).rejects.toThrow('another Kith')
	await expect(late.remove(blob)).rejects.toThrow('another Kith')
	await expect(allOf(late.list())).rejects.toThrow('another Kith')
	expect(await (await open({ prefix }).files).read(blob, 0, 10)).toEqual(fileOf(10))
})

/** A server that is no store of ours, and what asked it for something. */
async function posing(answer: RequestListener) {
	const asked: string[] = []
	const server = createServer((request, response) => {
		asked.push(`${request.method} ${request.url}`)
		answer(request, response)
	})
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	onTestFinished(() => {
		server.closeAllConnections()
		server.close()
	})
	const { port } = server.address() as AddressInfo
	return { asked, bucket: openBucket({ ...s3.place, endpoint: `http://127.0.0.1:${port}` }) }
}

test('a store that redirects is not followed: what it is sent goes to the place that was named', async () => {
	const { asked, bucket } = await posing((_, response) => {
		response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end()
	})
	await expect(bucket.put('a', fileOf(10))).rejects.toMatchObject({ code: 'status-307', isFinal: true })
	expect(asked).toEqual(['PUT /kith-files/chat/a'])
})

test('a store that is busy is asked three times, and then said to be away', async () => {
	const { asked, bucket } = await posing((_, response) => {
		response.writeHead(503).end('<Error><Code>SlowDown</Code><Message>chat/a S3RVER</Message></Error>')
	})
	const said = await bucket.get('a', 0, 10).catch((error: unknown) => error)
	expect(said).toMatchObject({ code: 'SlowDown', isFinal: false, message: 'SlowDown' })
	expect(asked).toHaveLength(3)
})

test('a store that never ends its answer fills no memory, and one that gives another range is not believed', async () => {
	let sent = 0
	const { bucket } = await posing((request, response) => {
		const isRanged = request.headers['range'] === 'bytes=5-9'
		response.writeHead(206, { 'content-range': isRanged ? 'bytes 5-9/1000000' : 'bytes 0-9/1000000' })
		const more = () => {
			while (!response.destroyed && response.write(Buffer.alloc(65_536, 7))) sent++
		}
		response.on('drain', more)
		more()
	})
	expect(await bucket.get('a', 5, 10)).toEqual(new Uint8Array(5).fill(7))
	await expect(bucket.get('a', 6, 10)).rejects.toMatchObject({ code: 'another-range' })
	await expect(allOf(bucket.keys(''))).rejects.toMatchObject({ code: 'status-206' })
	// What the sockets of both sides hold, and no more.
	expect(sent * 65_536).toBeLessThan(64 * 1024 * 1024)
})

test('a listing of several pages is read to its end, by the token that each names', async () => {
	const pages = [
		'<IsTruncated>true</IsTruncated><NextContinuationToken>1/a+b=&amp;</NextContinuationToken><Contents><Key>chat/a</Key></Contents>',
		'<IsTruncated>true</IsTruncated><NextContinuationToken>2</NextContinuationToken><Contents><Key>else/b</Key></Contents>',
		'<IsTruncated>false</IsTruncated><Contents><Key>chat/c</Key></Contents>',
	]
	const { asked, bucket } = await posing((_, response) => {
		response.end(`<ListBucketResult>${pages[asked.length - 1]}</ListBucketResult>`)
	})
	expect(await allOf(bucket.keys('x'))).toEqual(['a', 'c'])
	const queries = asked.map((line) => new URL(`http://s3${line.slice(4)}`).searchParams)
	expect(queries.map((query) => [query.get('prefix'), query.get('continuation-token')])).toEqual([
		['chat/x', null],
		['chat/x', '1/a+b=&'],
		['chat/x', '2'],
	])
})

test('a listing that says it goes on and not where is none', async () => {
	const { bucket } = await posing((_, response) => {
		response.end('<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>')
	})
	await expect(allOf(bucket.keys(''))).rejects.toMatchObject({ code: 'no-listing' })
})

test('a bucket that keeps versions is told of: what is deleted would stay', async () => {
	const says = async (xml: string) => {
		const { bucket } = await posing((_, response) => void response.end(xml))
		return bucket.keepsVersions()
	}
	expect(await says('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>')).toBe(true)
	expect(await says('<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>')).toBe(true)
	expect(await says('<VersioningConfiguration/>')).toBe(false)
	expect(await openBucket(s3.place).keepsVersions()).toBeNull()
})
