/**
 * Limits of the edge are members of exported constants; a test names one as `socketLimits.perDevice`, or takes it out of them.
 * Limits of the protocol are constants: a test names one, or the comment above it names the rule of SPEC.md that it belongs to.
 */

interface Source {
	readonly path: string
	readonly text: string
}

export function limitNames(text: string): string[] {
	const constants = text.matchAll(/^export const (\w+)(?:: \w+)? = \{(.*?)\n?\}(?: as const|$)/gms)
	return [...constants].flatMap(([, name, body]) => memberNames(body as string).map((member) => `${name}.${member}`))
}

/** Members on lines of their own, or all on one line. */
function memberNames(body: string): string[] {
	const isOneLine = !body.includes('\n')
	const members = body.matchAll(isOneLine ? /(\w+): [^,]+/g : /^\t(\w+): /gm)
	return [...members].map(([, member]) => member as string)
}

/** One sentence for each limit that no test names. */
export function unnamedLimits(names: readonly string[], tests: readonly Source[]): string[] {
	const code = tests.map(({ text }) => withoutComments(text)).join('\n')
	const isNamed = (name: string) => {
		const [constant, member] = name.split('.') as [string, string]
		const taken = new RegExp(`\\{[^{}]*\\b${member}\\b[^{}]*\\} = ${constant}\\b`)
		return code.includes(name) || taken.test(code)
	}
	return names
		.filter((name) => !isNamed(name))
		.map((name) => `${name} is named in no test: write the one that tries to pass it.`)
}

function withoutComments(text: string): string {
	return text.replace(/\/\*.*?\*\//gs, '').replace(/\/\/.*$/gm, '')
}

export interface ProtocolLimit {
	readonly name: string
	/** Ids of rules in the nearest comment above, without an empty line between. */
	readonly rules: readonly string[]
}

export function protocolLimits(text: string): ProtocolLimit[] {
	let rules: string[] = []
	return text.split('\n').flatMap((line) => {
		if (line === '') rules = []
		if (line.startsWith('/** ')) rules = [...line.matchAll(/\b[A-Z]{2,5}\d+\b/g)].map(([id]) => id)
		const [, name] = /^export const (\w+)/.exec(line) ?? []
		return name === undefined ? [] : [{ name, rules }]
	})
}

/** One sentence for each limit in use that no test names and no rule holds. `ids`: of SPEC.md. */
export function looseLimits(
	limits: readonly ProtocolLimit[],
	known: { readonly ids: ReadonlySet<string>; readonly code: readonly Source[]; readonly tests: readonly Source[] },
): string[] {
	const [code, tests] = [known.code, known.tests].map((files) =>
		files.map(({ text }) => withoutComments(text)).join('\n'),
	)
	const isIn = (text: string | undefined, name: string) => new RegExp(`\\b${name}\\b`).test(text ?? '')
	return limits
		.filter(({ name }) => isIn(code, name) && !isIn(tests, name))
		.filter(({ rules }) => !rules.some((rule) => known.ids.has(rule)))
		.map(({ name }) => `${name} is named in no test, and its comment names no rule of SPEC.md: do one of them.`)
}
