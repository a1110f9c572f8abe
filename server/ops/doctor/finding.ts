/** One line of the doctor: what was looked at, how it is, and what to do where it is not well. */
export interface Finding {
	readonly about: string
	readonly state: 'ok' | 'warning' | 'problem'
	/** What is. */
	readonly is: string
	/** What to do; null where all is well. */
	readonly todo: string | null
}

export function well(about: string, is: string): Finding {
	return { about, state: 'ok', is, todo: null }
}

export function warning(about: string, is: string, todo: string): Finding {
	return { about, state: 'warning', is, todo }
}

export function problem(about: string, is: string, todo: string): Finding {
	return { about, state: 'problem', is, todo }
}
