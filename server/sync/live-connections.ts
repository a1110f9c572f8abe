/** The proven connections of this node, by account, session and device. */
export interface LiveConnection {
	readonly account: string
	readonly device: string
	readonly sid: string
}

export class LiveConnections<C extends LiveConnection> {
	readonly #byAccount = new Map<string, Set<C>>()
	readonly #bySid = new Map<string, Set<C>>()

	add(connection: C): void {
		addTo(this.#byAccount, connection.account, connection)
		addTo(this.#bySid, connection.sid, connection)
	}

	remove(connection: C): void {
		removeFrom(this.#byAccount, connection.account, connection)
		removeFrom(this.#bySid, connection.sid, connection)
	}

	/** A copy: whoever is told may close, and leave the list. */
	of(account: string): C[] {
		return [...(this.#byAccount.get(account) ?? [])]
	}

	inSession(sid: string): C[] {
		return [...(this.#bySid.get(sid) ?? [])]
	}

	countOf({ account, device }: Pick<LiveConnection, 'account' | 'device'>): number {
		return this.of(account).filter((connection) => connection.device === device).length
	}
}

function addTo<C>(index: Map<string, Set<C>>, key: string, connection: C): void {
	const known = index.get(key)
	if (known === undefined) index.set(key, new Set([connection]))
	else known.add(connection)
}

function removeFrom<C>(index: Map<string, Set<C>>, key: string, connection: C): void {
	const known = index.get(key)
	known?.delete(connection)
	if (known?.size === 0) index.delete(key)
}
