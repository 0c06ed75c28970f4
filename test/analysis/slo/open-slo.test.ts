import { expect, test } from 'vitest'
import { burnRules } from '../../../src/analysis/slo/objective.js'
import { readOpenSlo } from '../../../src/analysis/slo/open-slo.js'

const metric = (query: string) => ({ metricSource: { type: 'Prometheus', spec: { query } } })
const indicator = {
  metadata: { name: 'checkout-errors' },
  spec: { ratioMetric: { counter: true, bad: metric('bad'), total: metric('all') } },
}
const document = (kind: string, name: string, spec: object) => ({
  apiVersion: 'openslo/v1',
  kind,
  metadata: { name, labels: { team: 'shop' } },
  spec,
})
const slo = (spec: object = {}) =>
  document('SLO', 'checkout', {
    service: 'shop',
    indicator,
    timeWindow: [{ duration: '4w', isRolling: true }],
    budgetingMethod: 'Occurrences',
    objectives: [{ targetPercent: 99.9 }],
    ...spec,
  })

test('an SLO becomes an objective with the usual burn rules', () => {
  const [read] = readOpenSlo([slo()])
  expect(read).toMatchObject({ name: 'checkout', service: 'shop', objective: { period: '28d' }, indicator: indicator.spec })
  expect(read?.objective.target).toBeCloseTo(0.999, 12)
  expect(burnRules(read!.objective)[0]).toMatchObject({ long: '1h', short: '5m', burn: expect.closeTo(13.44, 9) })
})

test('several objectives are told apart, and references are followed in any order of documents', () => {
  const condition = {
    severity: 'page',
    condition: { kind: 'burnrate', op: 'gte', threshold: 14.4, lookbackWindow: '1h', alertAfter: '5m' },
  }
  const inline = {
    kind: 'AlertCondition',
    metadata: { name: 'slow' },
    spec: { severity: 'sev3', condition: { threshold: 1, lookbackWindow: '3d' } },
  }
  const read = readOpenSlo([
    slo({
      indicator: undefined,
      indicatorRef: 'latency',
      objectives: [
        { displayName: 'good', op: 'lte', value: 300, target: 0.95 },
        { op: 'lte', value: 900, target: 0.99 },
      ],
      alertPolicies: [
        { alertPolicyRef: 'fast' },
        { kind: 'AlertPolicy', metadata: { name: 'slow' }, spec: { conditions: [inline] } },
      ],
    }),
    document('AlertPolicy', 'fast', { conditions: [{ conditionRef: 'fast-burn' }], notificationTargets: [] }),
    document('AlertCondition', 'fast-burn', condition),
    document('SLI', 'latency', { thresholdMetric: metric('latency') }),
    document('Service', 'shop', {}),
  ])
  expect(read.map(({ name, good }) => [name, good])).toEqual([
    ['checkout/good', { op: 'lte', value: 300 }],
    ['checkout/2', { op: 'lte', value: 900 }],
  ])
  expect(read[0]?.objective.rules).toEqual([
    { long: '1h', short: '300s', burn: 14.4, severity: 'page' },
    { long: '3d', short: '21600s', burn: 1, severity: 'ticket' },
  ])
})

const wrong: [what: string, documents: unknown[], path: string][] = [
  ['not a document', [null], '[0]'],
  ['another version', [{ ...slo(), apiVersion: 'openslo/v2alpha' }], '[0].apiVersion'],
  ['an unknown kind', [slo(), document('Slo', 'x', {})], '[1].kind'],
  ['a target of 100 %', [slo({ objectives: [{ targetPercent: 100 }] })], '[0].spec.objectives[0].targetPercent'],
  ['two targets', [slo({ objectives: [{ target: 0.9, targetPercent: 90 }] })], '[0].spec.objectives[0]'],
  ['time slices', [slo({ budgetingMethod: 'Timeslices' })], '[0].spec.budgetingMethod'],
  ['a period in words', [slo({ timeWindow: [{ duration: 'a month' }] })], '[0].spec.timeWindow[0].duration'],
  ['no indicator', [slo({ indicator: undefined })], '[0].spec.objectives[0]'],
  ['a dangling reference', [slo({ indicator: undefined, indicatorRef: 'gone' })], '[0].spec.objectives[0]'],
  [
    'a threshold metric without a threshold',
    [slo({ indicator: { spec: { thresholdMetric: metric('x') } } })],
    '[0].spec.objectives[0]',
  ],
  [
    'a window of three years',
    [slo(), document('AlertCondition', 'long', { severity: 'page', condition: { threshold: 1, lookbackWindow: '3Y' } })],
    '[1].spec.condition.lookbackWindow',
  ],
  ['a policy without content', [slo({ alertPolicies: [{}] })], '[0].spec.alertPolicies[0]'],
  [
    'good and bad at once',
    [slo({ indicator: { spec: { ratioMetric: { good: metric('a'), bad: metric('b'), total: metric('c') } } } })],
    '[0].spec.indicator.spec',
  ],
]
test.each(wrong)('%s is refused, with its path', (_, documents, path) => {
  expect(() => readOpenSlo(documents)).toThrow(
    expect.objectContaining({ code: 'input/invalid', details: { path }, message: expect.stringContaining(`at ${path}: `) }),
  )
})
