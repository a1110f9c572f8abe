/**
 * `npm test` and `npm run verify`: runs the steps one after the other, whatever the ones before gave, and closes with the
 * sum of all as the last line. A step without tests of its own counts as one test.
 */
import process from 'node:process'
import { browserStories, unitSuites, verifySteps, type Outcome, type Step } from './support/run-steps.ts'

const verifyOnly = process.argv[2] === 'verify'
const steps: Step[] = verifyOnly
	? [...verifySteps, unitSuites('architecture', ['tests/architecture'])]
	: [...verifySteps, unitSuites('suites', []), browserStories]

const outcomes: { name: string; outcome: Outcome }[] = []
for (const step of steps) {
	process.stdout.write(`\n── ${step.name}\n`)
	const started = performance.now()
	const outcome = await step.run()
	outcomes.push({ name: step.name, outcome })
	// The first step makes what the others read.
	if (step === steps[0]) for (const later of steps) later.begin?.()
	const seconds = ((performance.now() - started) / 1000).toFixed(1)
	process.stdout.write(`── ${step.name}: ${outcome.failed === 0 ? 'passed' : 'FAILED'} (${seconds} s)\n`)
}

const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((total, { outcome }) => total + count(outcome), 0)
let failed = sum((outcome) => outcome.failed)
const skipped = sum((outcome) => outcome.skipped)

process.stdout.write('\n')
for (const { outcome } of outcomes) {
	for (const story of outcome.unsteady ?? []) process.stdout.write(`unsteady, held at the second try: ${story}\n`)
}
for (const { name, outcome } of outcomes) {
	if (outcome.failed === 0) continue
	process.stdout.write(`failed in: ${name}\n`)
	for (const failure of outcome.failures ?? []) process.stdout.write(`  ${failure}\n`)
}
if (skipped > 0) {
	process.stdout.write(`${skipped} skipped\n`)
	// A machine of ours has everything that the tests need: what does not run there is not known to work.
	if (process.env['CI'] === 'true') failed += skipped
}
process.stdout.write(`${sum((outcome) => outcome.passed)} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
