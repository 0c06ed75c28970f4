import { expect, test } from 'vitest'
import { SeriesBook } from '../../src/report/metric-series.js'
import type { Reason } from '../../src/vocabulary/verdict.js'

function seriesOf(settings: unknown, ...looks: readonly (readonly Reason[])[]) {
  const book = new SeriesBook()
  const latency = { kind: 'samples' as const, values: [90, 110] }
  const metrics = { latency: { canary: latency, control: latency } }
  looks.forEach((reasons, at) => {
    book.add(
      'production/checkout',
      { from: at, to: at, metrics },
      { outcome: reasons[0]!.outcome, reasons: [...reasons] },
      settings,
    )
  })
  return book.all()
}

const reason = (metric: string, numbers: Record<string, number>): Reason => ({
  code: 'x',
  says: 'x',
  outcome: 'pass',
  metric,
  numbers,
})
const empty = { canary: null, control: null, ceiling: null, floor: null, low: null, high: null }

test('a rate with a confidence sequence gives two series: the values, and their ratio in its band', () => {
  const settings = { use: 'sequential', guardrails: { errors: { kind: 'ratio', harm: 'up' } } }
  const numbers = { canaryRate: 0.02, controlRate: 0.01, ratio: 2, ratioLower: 1.5, toleratedRate: 0.011, canaryTotal: 900 }
  expect(seriesOf(settings, [reason('errors', numbers)])).toEqual([
    {
      track: 'production/checkout',
      name: 'errors',
      unit: '%',
      isFraction: true,
      points: [{ ...empty, at: 0, outcome: 'pass', canary: 0.02, control: 0.01, ceiling: 0.011 }],
    },
    {
      track: 'production/checkout',
      name: 'errors ratio',
      unit: 'x',
      isFraction: false,
      points: [{ ...empty, at: 0, outcome: 'pass', canary: 2, low: 1.5 }],
    },
  ])
})

test('where less is worse, what is tolerated is the least', () => {
  const settings = { use: 'sequential', guardrails: { orders: { kind: 'events', harm: 'down' } } }
  const [orders] = seriesOf(settings, [reason('orders', { canaryRate: 8, controlRate: 10, toleratedRate: 9 })])
  expect(orders?.points[0]).toMatchObject({ ceiling: null, floor: 9 })
})

test('several quantiles of one metric are several series', () => {
  const settings = { use: 'sequential', guardrails: { latency: { kind: 'latency', unit: 'ms' } } }
  const numbers = { 'canary-p50': 100, 'control-p50': 90, 'canary-p99': 400, 'control-p99': 380 }
  const found = seriesOf(settings, [reason('latency', numbers)])
  expect(found.map(({ name, unit, points }) => [name, unit, points[0]?.canary, points[0]?.control])).toEqual([
    ['latency p50', 'ms', 100, 90],
    ['latency p99', 'ms', 400, 380],
  ])
})

test('two rules about one statistic make one series with the tighter bound; two statistics make two', () => {
  const rules = [
    { metric: 'latency', statistic: 'p99', unit: 'ms', max: 600 },
    { metric: 'latency', statistic: 'p99', unit: 'ms', maxRatio: 1.2 },
    { metric: 'latency', statistic: 'mean', unit: 'ms', max: 200 },
  ]
  const found = seriesOf({ use: 'threshold', rules }, [
    reason('latency', { canary: 400, control: 380, maxRatio: 1.2 }),
    reason('latency', { canary: 400, max: 600 }),
    reason('latency', { canary: 120, max: 200 }),
  ])
  expect(found.map(({ name, points }) => [name, points.length, points[0]?.canary, points[0]?.ceiling])).toEqual([
    ['latency p99', 1, 400, 456],
    ['latency mean', 1, 120, 200],
  ])
})

test('a tolerated increase of nothing is a bound at the control', () => {
  const [errors] = seriesOf({}, [reason('errors', { canary: 3, control: 2, maxIncrease: 0 })])
  expect(errors?.points[0]?.ceiling).toBe(2)
})

test("a judge of one's own is shown by what it calls its numbers, and left out where there are none", () => {
  const found = seriesOf({ use: 'custom', settings: 7 }, [
    reason('queue', { canary: 12, control: 10, limit: 15 }),
    reason('mood', { score: 3 }),
    { code: 'x', says: 'no metric', outcome: 'pass' },
  ])
  expect(found).toMatchObject([{ name: 'queue', unit: '', points: [{ canary: 12, control: 10, ceiling: 15 }] }])
})

test('control is shown beside a rule that does not compare with it, as the look has measured it', () => {
  const rules = [{ metric: 'latency', statistic: 'mean', unit: 'ms', max: 200 }]
  const [latency] = seriesOf({ use: 'threshold', rules }, [reason('latency', { canary: 120, max: 200 })])
  expect(latency?.points[0]).toMatchObject({ canary: 120, control: 100, ceiling: 200 })
})

test('the evidence of a sequential judge is a series of its own, as a share of what it needs', () => {
  const book = new SeriesBook()
  const numbers = { canaryRate: 0.01, controlRate: 0.01, meritLogE: 1.5, meritNeeded: 3, harmLogE: -2, harmNeeded: 5 }
  const reason = { code: 'undecided', says: 'errors: canary 1 %.', metric: 'errors', outcome: 'inconclusive', numbers } as const
  const settings = { use: 'sequential', guardrails: { errors: { kind: 'ratio' } } }
  book.add('production/shop', { from: 0, to: 60_000, metrics: {} }, { outcome: 'inconclusive', reasons: [reason] }, settings)
  expect(book.all().map(({ name, unit }) => `${name} ${unit}`)).toEqual(['errors %', 'errors evidence %'])
  expect(book.all()[1]).toMatchObject({
    labels: { canary: 'that it is good enough', control: 'of harm', bound: 'enough' },
    points: [{ canary: 0.5, control: 0, ceiling: 1 }],
  })
})
