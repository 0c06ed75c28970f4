import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { boschlooExact } from '../../../src/analysis/fixed/boschloo-exact.js'
import { cles } from '../../../src/analysis/fixed/cles.js'
import { fisherExact } from '../../../src/analysis/fixed/fisher-exact.js'
import { hodgesLehmann } from '../../../src/analysis/fixed/hodges-lehmann.js'
import { ksTwoSample } from '../../../src/analysis/fixed/ks-two-sample.js'
import { mannWhitneyU } from '../../../src/analysis/fixed/mann-whitney-u.js'
import { pAdjust } from '../../../src/analysis/fixed/p-adjust.js'
import { proportionScoreTest } from '../../../src/analysis/fixed/proportion-score-test.js'
import { quantiles } from '../../../src/analysis/fixed/quantile.js'
import { welchT } from '../../../src/analysis/fixed/welch-t.js'
import { wilsonInterval } from '../../../src/analysis/fixed/wilson-interval.js'

type Fields = Record<string, unknown>
interface Case {
  readonly id: string
  readonly fn: string
  readonly inputs: Fields
  readonly params: Fields
  readonly expected: Fields
  readonly tol: Partial<Record<string, number>>
}

// Values from SciPy 1.10, R 4.2 and closed forms; each case names its source.
const { cases } = JSON.parse(readFileSync(new URL('../../fixtures/statistics.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}

const methods: Record<string, (inputs: never, params: never) => unknown> = {
  mannWhitneyU: ({ x, y }, { method, ...options }: Fields) =>
    mannWhitneyU(x, y, { ...options, method: method === 'asymptotic' ? method : 'exact' }),
  hodgesLehmann: ({ x, y }, options) => hodgesLehmann(x, y, options),
  welchT: ({ x, y }, options) => welchT(x, y, options),
  fisherExact: ({ table }, { alternative }) => ({ p: fisherExact(table, alternative) }),
  boschlooExact: ({ control, canary }, { alternative }) => boschlooExact(control, canary, alternative),
  proportionScoreTest: ({ control, canary }) => proportionScoreTest(control, canary),
  wilsonInterval: (proportion, { confidence }) => wilsonInterval(proportion, confidence),
  ksTwoSample: ({ x, y }, { method }) => ksTwoSample(x, y, method),
  quantile: ({ x }, { p }) => ({ q: quantiles(x, p) }),
  cles: ({ x, y }) => ({ cles: cles(x, y) }),
  pAdjust: ({ p }, { method }: { method: string }) => ({ adjusted: pAdjust(p, method.toLowerCase() as 'holm' | 'bh') }),
}

const mine = cases.filter(({ fn }) => fn in methods)

test('every method has published cases, and none of them is left out', () => {
  expect(cases).toHaveLength(147)
  expect(mine).toHaveLength(95)
  expect(new Set(mine.map(({ fn }) => fn))).toEqual(new Set(Object.keys(methods)))
})

test.each(mine)('$id gives the published numbers', ({ fn, inputs, params, expected, tol }) => {
  const got = methods[fn]!(inputs as never, params as never) as Fields
  for (const [field, value] of Object.entries(expected)) {
    const { abs = tol[`${field}_abs`] ?? tol[field] ?? 0, rel = tol[`${field}_rel`] ?? 0 } = tol
    const [numbers, wanted] = [[got[field]].flat() as number[], [value].flat() as (number | null)[]]
    expect(numbers).toHaveLength(wanted.length)
    for (const [i, number] of numbers.entries()) {
      const want = wanted[i]
      if (want === null) expect(number, `${field} is open`).toBe(field === 'lower' ? -Infinity : Infinity)
      else expect(Math.abs(number - want!), `${field}: ${number} for ${want}`).toBeLessThanOrEqual(abs + rel * Math.abs(want!))
    }
  }
})
