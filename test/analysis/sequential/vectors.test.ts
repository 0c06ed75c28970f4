import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bernoulliEProcess } from '../../../src/analysis/sequential/bernoulli-e-process.js'
import { countEProcess } from '../../../src/analysis/sequential/count-e-process.js'
import type { Counts } from '../../../src/analysis/sequential/count-factors.js'
import { deadlineLook, drawOf, firstDeadlineState } from '../../../src/analysis/sequential/deadline-test.js'
import {
  differenceConfidence,
  firstDifferenceState,
  observeDifference,
} from '../../../src/analysis/sequential/difference-confidence.js'
import { dirichletMultinomial } from '../../../src/analysis/sequential/dirichlet-multinomial.js'
import { dispersionPhi, noDispersion, observeDispersion } from '../../../src/analysis/sequential/dispersion.js'
import { bucketTables, type ExceedanceTable, sampleTables } from '../../../src/analysis/sequential/exceedance-table.js'
import { type Direction, nodeMixture } from '../../../src/analysis/sequential/node-mixture.js'
import { quantileConfidence } from '../../../src/analysis/sequential/quantile-confidence.js'
import { anyLevel, rankExceedance } from '../../../src/analysis/sequential/rank-exceedance.js'
import { firstRatioLikelihood, observeRatio, ratioConfidence } from '../../../src/analysis/sequential/ratio-confidence.js'
import { firstSampleRatioWealth, sampleRatio } from '../../../src/analysis/sequential/sample-ratio.js'
import { firstSignState, signSymmetric } from '../../../src/analysis/sequential/sign-symmetric.js'
import { logSumExp } from '../../../src/analysis/stats/log-space.js'

/** The other functions in the file are of fixed samples, of planning and of budgets, and are tested beside those. */
const elsewhere = [
  'mannWhitneyU',
  'hodgesLehmann',
  'welchT',
  'fisherExact',
  'boschlooExact',
  'proportionScoreTest',
  'wilsonInterval',
  'ksTwoSample',
  'quantile',
  'cles',
  'pAdjust',
  'plan',
  'burnRate',
]

type Row = readonly number[]
interface Params {
  readonly alpha: number
  readonly rho: number
  readonly delta: number
  readonly direction: string
  readonly lo: number
  readonly hi: number
  readonly n: number
  readonly cash: number
  readonly share: number
  readonly boost: boolean
  readonly phi: number
  readonly adaptive_phi: boolean
  readonly horizon: number
  readonly levels: readonly number[]
  readonly slowdown: number
  readonly scale0: number | null
  readonly tol: number
  readonly kappa: number
  readonly defaults: Params
}
interface Inputs<Interval> {
  readonly intervals: readonly Interval[]
}
/** Of one interval, by cohort: samples, or bucket counts. */
interface Cohorts {
  readonly control: readonly number[]
  readonly canary: readonly number[]
}
interface Case {
  readonly id: string
  readonly fn: string
  readonly inputs: object
  readonly params: Params
  readonly expected: Record<string, unknown>
  readonly tol: Record<string, number>
}

const { cases } = JSON.parse(readFileSync(new URL('../../fixtures/statistics.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}
const ours = cases.filter(({ fn }) => !elsewhere.includes(fn))

const countsOf = ([controlTotal, controlBad, canaryTotal, canaryBad]: Row): Counts =>
  ({ controlTotal, controlBad, canaryTotal, canaryBad }) as Counts

function mixtureOf({ direction, lo, hi, n, cash }: Partial<Params>) {
  const ours: Direction = direction === 'noninferiority' ? 'non-inferiority' : 'regression'
  const given = Object.entries({ lowest: lo, highest: hi, size: n, cash }).filter(([, value]) => value !== undefined)
  return nodeMixture({ direction: ours, ...Object.fromEntries(given) })
}

/** Evidence after every interval, and the first interval (from 1) at which it sufficed. */
function path<State, Interval>(
  first: State,
  intervals: readonly Interval[],
  step: (state: State, interval: Interval) => State,
  evidence: (state: State) => number,
  alpha = 0.01,
) {
  let state = first
  const logE = intervals.map((interval) => {
    state = step(state, interval)
    return evidence(state)
  })
  return { logE, rejectedAt: logE.findIndex((log) => log >= -Math.log(alpha) - 1e-12) + 1 }
}

function exceedance(tables: readonly ExceedanceTable[][], alpha: number) {
  const engine = rankExceedance(nodeMixture(), tables[0]!.length)
  return path(engine.begin(), tables, (wealth, table) => engine.update(wealth, table, 1 / 60), anyLevel, alpha)
}

const answer: Record<string, (inputs: never, params: Params) => Record<string, unknown>> = {
  countEProcess(inputs: Inputs<Row>, params) {
    const { rho, delta, alpha, share, phi, boost, adaptive_phi, ...rest } = { ...params.defaults, ...params }
    const engine = countEProcess(mixtureOf(rest), { relative: rho, absolute: delta }, boost ? alpha : undefined)
    let dispersion = noDispersion
    const step = (wealth: readonly number[], row: Row) => {
      const pace = { share, phi: adaptive_phi ? dispersionPhi(dispersion, phi) : phi }
      dispersion = observeDispersion(dispersion, countsOf(row))
      return engine.update(wealth, [countsOf(row)], pace)
    }
    return path(engine.begin(), inputs.intervals, step, logSumExp, alpha)
  },
  bernoulliEProcess(inputs: Inputs<Row>, { rho = 1, delta = 0, alpha, share = 1 / 60, ...rest }) {
    const engine = bernoulliEProcess(mixtureOf(rest), { relative: rho, absolute: delta })
    return path(
      engine.begin(),
      inputs.intervals,
      (state, row) => engine.update(state, countsOf(row), { share }),
      ({ wealth }) => logSumExp(wealth),
      alpha,
    )
  },
  deadlineTest(inputs: Inputs<Row>, { horizon, alpha, rho }) {
    let state = firstDeadlineState
    const states = inputs.intervals.map((row) => {
      state = deadlineLook(state, drawOf(countsOf(row), rho), horizon, alpha)
      return state
    })
    return {
      S: states.map(({ sum }) => sum),
      boundary: states.map(({ boundary }) => boundary),
      spent: state.spent,
      rejectedAt: states.findIndex(({ sum, boundary }) => sum >= boundary) + 1,
    }
  },
  ratioConfidenceSequence(inputs: Inputs<Row>, { alpha }) {
    const state = inputs.intervals.map(countsOf).reduce((state, counts) => observeRatio(state, counts), firstRatioLikelihood)
    const { lower, upper } = ratioConfidence(state, alpha)
    return { lower, upper: Number.isFinite(upper) ? upper : null }
  },
  differenceConfidenceSequence: (inputs: Inputs<Row>, { alpha }) => ({
    ...differenceConfidence(inputs.intervals.map(countsOf).reduce(observeDifference, firstDifferenceState), alpha),
  }),
  rankExceedance(inputs: Inputs<Cohorts>, { levels, slowdown, alpha }) {
    const tables = inputs.intervals.map(({ control, canary }) => sampleTables(control, canary, levels, slowdown))
    return {
      tables: tables.map((row) => row.map(({ total, canary, above, canaryAbove }) => [total, canary, above, canaryAbove])),
      ...exceedance(tables, alpha),
    }
  },
  histogramExceedance(inputs: Inputs<Cohorts> & { bounds: number[] }, { alpha }) {
    const buckets = (counts: readonly number[]) => ({ bounds: inputs.bounds, counts })
    return exceedance(
      inputs.intervals.map(({ control, canary }) => bucketTables(buckets(control), buckets(canary))),
      alpha,
    )
  },
  signSymmetric: (inputs: { x: (number | null)[] }, { alpha, scale0 }) =>
    path(
      firstSignState,
      inputs.x,
      (state, x) => (x === null ? state : signSymmetric(state, x, scale0 ?? 0)),
      ({ wealth }) => logSumExp(wealth),
      alpha,
    ),
  srm: (inputs: Inputs<readonly [number, number, number]>, { alpha, tol }) =>
    path(
      firstSampleRatioWealth,
      inputs.intervals,
      (wealth, [canary, total, share]) => sampleRatio(wealth, canary, total, share, tol),
      logSumExp,
      alpha,
    ),
  dirichletMultinomial: (inputs: { counts: number[]; weights: number[] }, { kappa }) => ({
    logE: dirichletMultinomial(inputs.counts, inputs.weights, kappa),
  }),
  quantileRankCS: (inputs: { n: number; p: number }, { alpha, kappa }) => ({
    ...quantileConfidence(inputs.n, inputs.p, alpha, kappa),
  }),
}

function expectClose(got: unknown, expected: unknown, abs: number, rel: number, where: string): void {
  if (Array.isArray(expected)) {
    expect((got as unknown[]).length, where).toBe(expected.length)
    for (const [i, value] of expected.entries()) expectClose((got as unknown[])[i], value, abs, rel, `${where}[${i}]`)
  } else if (typeof expected === 'number') {
    expect(Math.abs((got as number) - expected), `${where}: got ${got}, expected ${expected}`).toBeLessThanOrEqual(
      abs + rel * Math.abs(expected),
    )
  } else expect(got, where).toBe(expected)
}

test('every function that the recorded cases exercise is one of ours, or tested elsewhere', () => {
  expect(ours).toHaveLength(47)
  expect([...new Set(ours.map(({ fn }) => fn))].sort()).toEqual(Object.keys(answer).sort())
})

test.each(ours)('$id agrees with the reference', ({ fn, inputs, params, expected, tol }) => {
  const got = answer[fn]!(inputs as never, params)
  for (const [name, value] of Object.entries(expected))
    expectClose(got[name], value, tol[name] ?? tol.abs ?? 0, name in tol ? 0 : (tol.rel ?? 0), name)
})
