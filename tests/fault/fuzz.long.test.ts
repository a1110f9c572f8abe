import { fuzzSuite } from '#tests/support/fault/fuzz-suite.ts'

fuzzSuite({ seed: 'fuzz long', frames: 100_000, closed: 2500, growth: 200, timeout: 3_600_000 })
