import { fuzzSuite } from '#tests/support/fault/fuzz-suite.ts'

fuzzSuite({ seed: 'fuzz 1', frames: 2000, closed: 50, growth: 150, timeout: 240_000 })
