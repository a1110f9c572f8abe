/** Reads src/lib/protocol/SPEC.md: its rules, and which of them say that their behaviour comes later. */

export interface SpecRule {
	readonly id: string
	/** The version that brings the behaviour; null for what is built. */
	readonly later: string | null
}

const laterHeading = '## Behaviour later'

/** Rules in the order of the text. Those of the last section stand under the heading of their version. */
export function specRules(text: string): SpecRule[] {
	const start = text.indexOf(`\n${laterHeading}`)
	const built = start < 0 ? text : text.slice(0, start)
	const sections = start < 0 ? [] : text.slice(start).split(/^### /m).slice(1)
	return [
		...ruleIds(built).map((id) => ({ id, later: null })),
		...sections.flatMap((section) =>
			ruleIds(section).map((id) => ({ id, later: section.split(/[:\n]/)[0] as string })),
		),
	]
}

function ruleIds(text: string): string[] {
	return [...text.matchAll(/^- \*\*([A-Z]{2,5}\d+)\*\* /gm)].map((match) => match[1] as string)
}

/** Ids that open the title of a test or describe block: `test('[LOG4] …')`, `describe('[LOG4][LOG5] …')`. */
export function testedIds(source: string): Set<string> {
	const titles = source.matchAll(
		/\b(?:test|it|describe)(?:\.\w+)*\s*(?:\([^'"`]*?\)\s*)?\(\s*['"`]((?:\[[A-Z]+\d+\]\s?)+)/g,
	)
	const ids = [...titles].flatMap((match) => [...(match[1] as string).matchAll(/[A-Z]+\d+/g)].map(([id]) => id))
	return new Set(ids)
}

/** One sentence for each rule without test, id that stands twice, and test of a rule that is not there. */
export function specProblems(rules: readonly SpecRule[], tested: ReadonlySet<string>): string[] {
	const ids = rules.map(({ id }) => id)
	const families = new Set(ids.map(familyOf))
	return [
		...ids
			.filter((id, i) => ids.indexOf(id) !== i)
			.map((id) => `${id} stands twice in SPEC.md: give one a new number.`),
		...rules
			.filter(({ id, later }) => later === null && !tested.has(id))
			.map(({ id }) => `${id} has no test titled "[${id}] …": write it, or move the rule to "Behaviour later".`),
		...rules
			.filter(({ id, later }) => later !== null && tested.has(id))
			.map(({ id, later }) => `${id} is tested but stands under "Behaviour later" (${later}): move it up.`),
		...[...tested]
			.filter((id) => families.has(familyOf(id)) && !ids.includes(id))
			.map((id) => `A test is titled "[${id}] …", which SPEC.md does not have.`),
	]
}

function familyOf(id: string): string {
	return id.replace(/\d+$/, '')
}
