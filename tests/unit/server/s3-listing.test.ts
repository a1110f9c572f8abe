import { expect, it } from 'vitest'
import { readListing } from '#server/data/s3/listing.ts'

it('reads keys, beginnings and where it goes on, with what is escaped in them', () => {
	const xml = `<?xml version="1.0"?>
		<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>files</Name><Prefix>a/</Prefix>
		<IsTruncated> true </IsTruncated><NextContinuationToken>1&amp;2=/+</NextContinuationToken>
		<Contents><Key>a/&lt;b&gt;&#38;&#x26;&apos;&quot;&other;</Key><Size>3</Size></Contents>
		<Contents>
			<LastModified>now</LastModified><Key>a/c</Key></Contents>
		<CommonPrefixes><Prefix>a/d/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>a/e/</Prefix></CommonPrefixes>
		</ListBucketResult>`
	expect(readListing(xml)).toEqual({
		keys: [`a/<b>&&'"&other;`, 'a/c'],
		prefixes: ['a/d/', 'a/e/'],
		next: '1&2=/+',
	})
})

it.each([
	['', null],
	['<Error><Code>AccessDenied</Code></Error>', null],
	['<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>', null],
	['<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>', { keys: [], prefixes: [], next: null }],
	['<ListBucketResult/>', null],
])('%s', (xml, expected) => expect(readListing(xml)).toEqual(expected))
