/** How far files have come that move now, up or down: for screens, and gone when they are through. */
import type { TransferView } from './api.ts'

export interface Transfers {
	readonly now: () => readonly TransferView[]
	readonly moved: (blob: string, how: Omit<TransferView, 'blob'>) => void
	readonly ended: (blob: string) => void
}

export function createTransfers(changed: () => void): Transfers {
	const moving = new Map<string, TransferView>()
	return {
		now: () => [...moving.values()],
		moved: (blob, how) => {
			moving.set(blob, { blob, ...how })
			changed()
		},
		ended: (blob) => {
			if (moving.delete(blob)) changed()
		},
	}
}
