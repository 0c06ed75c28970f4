import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hypergeometricMgf, hypergeometricMode } from '../../../src/analysis/stats/hypergeometric-mgf.js'
import { hypergeometricMgfs, unwanted } from '../../../src/analysis/stats/hypergeometric-mgfs.js'

const part = fc.double({ min: 0, max: 1, noNaN: true })
const logs = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { maxLength: 8 }).map((logs) => [0, ...logs])

/** What can be said of it differs from what each t by itself says; both lose digits to logs as large as they are. */
function mostOff(total: number, drawn: number, marked: number, odds: number, logs: readonly number[]): number {
  const modes = logs.map((t) => hypergeometricMode(total, drawn, marked, odds * Math.exp(t)))
  const each = hypergeometricMgf(total, drawn, marked)
  const tilt = Math.log(odds)
  const off = hypergeometricMgfs({ total, drawn, marked }, odds, logs, modes).map((log, j) => {
    const expected = each(tilt + logs[j]!)
    return Math.abs(log - (expected - each(tilt))) / Math.max(1, Math.abs(expected), Math.abs(each(tilt)))
  })
  return Math.max(...off)
}

test.each([
  ['a handful', 2, 100],
  ['thousands', 1_000, 50_000],
  ['so many that a way from one t to another is too long', 2_000_000, 1e8],
] as const)('several t together have the answers of each by itself, for %s', (_, min, max) => {
  const numRuns = max > 1e6 ? 10 : 300
  fc.assert(
    fc.property(
      fc.integer({ min, max }),
      part,
      part,
      fc.double({ min: 0.05, max: 20, noNaN: true }),
      logs,
      (total, a, b, odds, logs) => {
        expect(mostOff(total, Math.round(a * total), Math.round(b * total), odds, logs)).toBeLessThan(2e-12)
      },
    ),
    { numRuns },
  )
})

test.each([6, 17, 18, 26, 33, 50, 100, 400, 2_000])('no step is too long for a variance of %d', (variance) => {
  const [total, drawn] = [16 * variance, 8 * variance]
  expect(mostOff(total, drawn, drawn, 1, [0, 0.001, 0.01, 0.1, 0.5])).toBeLessThan(1e-12)
})

test('what is not wanted costs nothing, and changes no other answer', () => {
  const [urn, logs] = [{ total: 900, drawn: 100, marked: 450 }, [0, 0.5, 3]]
  const modes = logs.map((t) => hypergeometricMode(900, 100, 450, Math.exp(t)))
  const [, wanted] = hypergeometricMgfs(urn, 1, logs, modes)
  const [zero, alone, none] = hypergeometricMgfs(urn, 1, logs, [...modes.slice(0, 2), unwanted])
  expect([zero, none]).toEqual([0, Number.POSITIVE_INFINITY])
  expect(alone).toBeCloseTo(wanted!, 11)
})
