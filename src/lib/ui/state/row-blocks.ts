/**
 * The rows of a list in blocks of a few: what comes or goes at one end is the business of one block, and the browser need
 * not look at the others. A row stays in the block that it came to, whatever comes above or below.
 */
import type { Row } from './timeline.ts'

export interface RowBlock {
	readonly key: number
	readonly rows: readonly Row[]
}

/** Messages of a block; what stands above one of them comes besides. */
export const blockMax = 8

/** The blocks of one list: remembers which row is where. */
export class RowBlocks {
	#before: readonly RowBlock[] = []
	#next = 0

	/** Blocks whose rows are the same keep their object. */
	take(rows: readonly Row[]): readonly RowBlock[] {
		const known = new Map(this.#before.flatMap((block) => block.rows.map(({ key }) => [key, block] as const)))
		const first = rows.findIndex(({ key }) => known.has(key))
		const above = first < 0 ? rows : rows.slice(0, first)
		const blocks = this.#downwards(first < 0 ? [] : rows.slice(first), known)
		return (this.#before = this.#upwards(above, blocks).map((block) => this.#kept(block, known)))
	}

	/** A new row joins the block above it; at the lower end while that has room. */
	#downwards(rows: readonly Row[], known: ReadonlyMap<string, RowBlock>): RowBlock[] {
		const blocks: { key: number; rows: Row[] }[] = []
		const left = new Set<number>()
		const end = rows.findLastIndex(({ key }) => known.has(key)) + 1
		rows.forEach((row, index) => {
			const last = blocks.at(-1)
			const own = known.get(row.key)?.key
			// One that moved among others belongs to where it stands now.
			const isElsewhere = own !== undefined && own !== last?.key && !left.has(own)
			if (!isElsewhere && last !== undefined && (index < end || hasRoom(last.rows))) {
				last.rows.push(row)
				return
			}
			if (last !== undefined) left.add(last.key)
			blocks.push({ key: isElsewhere ? own : this.#next++, rows: [row] })
		})
		return blocks
	}

	/** New rows above all others: the uppermost block is filled, then new ones are begun. */
	#upwards(rows: readonly Row[], below: readonly RowBlock[]): RowBlock[] {
		const blocks: { key: number; rows: Row[] }[] = below.map(({ key, rows }) => ({ key, rows: [...rows] }))
		for (const row of rows.toReversed()) {
			const [top] = blocks
			// A day stands in one block with the message below it.
			if (top !== undefined && (row.type !== 'message' || hasRoom(top.rows))) top.rows.unshift(row)
			else blocks.unshift({ key: this.#next++, rows: [row] })
		}
		return blocks
	}

	#kept(block: RowBlock, known: ReadonlyMap<string, RowBlock>): RowBlock {
		const before = known.get(block.rows[0]?.key ?? '')
		const isSame =
			before?.key === block.key &&
			before.rows.length === block.rows.length &&
			before.rows.every((row, index) => row === block.rows[index])
		return isSame ? before : block
	}
}

function hasRoom(rows: readonly Row[]): boolean {
	return rows.filter(({ type }) => type === 'message').length < blockMax
}
