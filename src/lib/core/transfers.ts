/** How far files have come that move now, up or down, and why one stands still: for screens, and gone when they are through. */
import type { TransferTrouble, TransferView } from './api.ts'

export interface Transfers {
	readonly now: () => readonly TransferView[]
	readonly moved: (blob: string, how: Omit<TransferView, 'blob' | 'stalled'>) => void
	/** It waits to be tried again, where it is. */
	readonly stalled: (blob: string, how: Omit<TransferView, 'blob' | 'done' | 'stalled'>, why: TransferTrouble) => void
	readonly ended: (blob: string) => void
}

export function createTransfers(changed: () => void): Transfers {
	const moving = new Map<string, TransferView>()
	const tell = (transfer: TransferView) => {
		moving.set(transfer.blob, transfer)
		changed()
	}
	return {
		now: () => [...moving.values()],
		moved: (blob, how) => tell({ blob, ...how, stalled: null }),
		stalled: (blob, how, why) => tell({ blob, ...how, done: moving.get(blob)?.done ?? 0, stalled: why }),
		ended: (blob) => {
			if (moving.delete(blob)) changed()
		},
	}
}
