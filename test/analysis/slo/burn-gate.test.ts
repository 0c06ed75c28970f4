import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { burnVerdict, burnWindows } from '../../../src/analysis/slo/burn-gate.js'
import { burnRate } from '../../../src/analysis/slo/burn-rate.js'
import { burnRules, objectiveSchema } from '../../../src/analysis/slo/objective.js'
import type { Measurement } from '../../../src/vocabulary/measurement.js'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const page = { long: '1h', short: '5m', burn: 14.4, severity: 'page' } as const
const objective = objectiveSchema.parse({ target: 0.999, rules: [page] })
const missing: Measurement = { kind: 'missing', reason: 'outage', detail: 'HTTP 503' }

/** Counts that burn this many times too fast. */
const burning = (burn: number, total = 100_000): Measurement => ({ kind: 'counts', total, bad: total * 0.001 * burn })
function judged(long: Measurement, short: Measurement, severity: 'page' | 'ticket' = 'page') {
  const seen = burnWindows({ ...objective, rules: [{ ...page, severity }] }, day).map((windows) => ({
    ...windows,
    measured: { long, short },
  }))
  const { outcome, reasons } = burnVerdict(objective, seen)
  return `${outcome} ${reasons[0]?.code}`
}

interface BurnRateCase {
  readonly id: string
  readonly inputs: { readonly bad: number; readonly total: number }
  readonly params: { readonly slo: number }
  readonly expected: { readonly burnRate: number }
  readonly tol: { readonly rel: number; readonly abs: number }
}
const cases: BurnRateCase[] = JSON.parse(readFileSync('test/fixtures/statistics.json', 'utf8')).cases.filter(
  ({ fn }: { fn: string }) => fn === 'burnRate',
)
test.each(cases)('$id: the burn rate is the published one', ({ inputs: { bad, total }, params: { slo }, expected, tol }) => {
  const off = Math.abs(burnRate(bad, total, slo) - expected.burnRate)
  expect(off).toBeLessThanOrEqual(tol.abs + tol.rel * expected.burnRate)
})
test('the cases of the reference were read', () => expect(cases.length).toBe(2))

test('a month has the published windows, and a week burns its budget at proportionally smaller rates, but none below 1', () => {
  const rates = (period: string) =>
    burnRules(objectiveSchema.parse({ target: 0.99, period })).map(({ long, burn }) => [long, Number(burn.toFixed(6))])
  expect(rates('30d')).toEqual([
    ['1h', 14.4],
    ['6h', 6],
    ['1d', 3],
    ['3d', 1],
  ])
  expect(rates('7d')).toEqual([
    ['1h', 3.36],
    ['6h', 1.4],
    ['1d', 1],
    ['3d', 1],
  ])
  expect(rates('1d').map(([long]) => long)).toEqual(['1h', '6h', '1d'])
})

test('only a budget that burns too fast in both windows fails', () => {
  expect(judged(burning(15), burning(15))).toBe('fail burning')
  expect(judged(burning(15), burning(1))).toBe('pass recovered')
  expect(judged(burning(1), burning(15))).toBe('pass within-budget')
  expect(judged(burning(14.4 - 1e-9), burning(15))).toBe('pass within-budget')
})

test('a ticket holds for a person instead of failing', () => {
  expect(judged(burning(15), burning(15), 'ticket')).toBe('inconclusive burning')
})

test('nothing passes on a window that is missing, unsound, empty, or of another kind', () => {
  const unsound: Measurement[] = [missing, burning(0, 0), { kind: 'counts', total: 1, bad: 2 }, { kind: 'samples', values: [1] }]
  for (const measurement of unsound) {
    expect(judged(measurement, burning(0))).toBe('inconclusive missing')
    expect(judged(burning(15), measurement)).toBe('inconclusive missing')
  }
})

test('a gate waits for requests enough to have ten bad ones at its own rate', () => {
  expect(judged(burning(900, 694), burning(900))).toBe('inconclusive too-few')
  expect(judged(burning(900, 695), burning(900))).toBe('fail burning')
})

test('the windows of a canary begin with its step, and no rule speaks before its short window has passed', () => {
  const usual = objectiveSchema.parse({ target: 0.999 })
  const lengths = (age: number) =>
    burnWindows(usual, day, day - age).map(({ long, short }) => [long.to - long.from, short.to - short.from])
  expect(lengths(4 * minute)).toEqual([])
  expect(burnVerdict(usual, []).reasons[0]?.code).toBe('too-early')
  expect(burnVerdict(usual, []).outcome).toBe('inconclusive')
  expect(lengths(5 * minute)).toEqual([[5 * minute, 5 * minute]])
  expect(lengths(31 * minute)).toEqual([
    [31 * minute, 5 * minute],
    [31 * minute, 30 * minute],
  ])
  expect(lengths(10 * day)).toHaveLength(4)
  expect(burnWindows(usual, day).at(-1)?.long).toEqual({ from: -2 * day, to: day })
})

test('a verdict tells rate, limit, window and requests', () => {
  const seen = burnWindows(objective, day, day - 30 * minute).map((windows) => ({
    ...windows,
    measured: { long: burning(20), short: burning(30) },
  }))
  expect(burnVerdict(objective, seen).reasons).toEqual([
    {
      code: 'burning',
      outcome: 'fail',
      says: 'The error budget burned 20 times as fast as allowed in the last 30m and 30 times in the last 5m, against a limit of 14.4, on 100,000 requests.',
      numbers: {
        burn: expect.closeTo(20, 9),
        shortBurn: expect.closeTo(30, 9),
        total: 100_000,
        target: 0.999,
        limit: 14.4,
        from: day - hour / 2,
        to: day,
      },
    },
  ])
})
