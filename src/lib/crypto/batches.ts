/**
 * Work in parallel batches: awaited one by one, 512 events take three to ten times as long; all at once, 10,000
 * promises and their buffers stand in memory together.
 */
const batchLength = 64

/** `work` of each item, 64 at a time; the answer has the order of the items. */
export async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
	const results: R[] = []
	for (let start = 0; start < items.length; start += batchLength) {
		const batch = items.slice(start, start + batchLength)
		results.push(...(await Promise.all(batch.map(work))))
	}
	return results
}
