import fc from 'fast-check'
import { expect, test } from 'vitest'
import { incompleteBeta } from '../../../src/analysis/stats/incomplete-beta.js'
import { logBeta, logGamma } from '../../../src/analysis/stats/log-gamma.js'
import { normalCdf, normalQuantile, normalUpperTail } from '../../../src/analysis/stats/normal-distribution.js'
import { studentTUpperQuantile, studentTUpperTail } from '../../../src/analysis/stats/student-t.js'
import { binomialPmf, hypergeometricPmf } from '../../../src/analysis/stats/unimodal-pmf.js'

const isNear = (got: number, want: number, relative: number) => {
  // The very smallest numbers have few digits left.
  expect(Math.abs(got - want)).toBeLessThanOrEqual(relative * Math.abs(want) + 1e-310)
}
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)

// SciPy 1.10.1: norm.sf, t.sf, gammaln, betainc.
test.each([
  [-8, 0.9999999999999993],
  [0, 0.5],
  [1, 0.15865525393145707],
  [2.999, 0.0013543365337271057],
  [3.001, 0.0013454728250849653],
  [8, 6.22096057427174e-16],
  [37, 5.7255712225239266e-300],
])('the normal tail above %f is right to twelve digits', (z, tail) => isNear(normalUpperTail(z), tail, 1e-12))

test.each([
  [3, 2.5, 0.036288047774515914],
  [10, 5, 8.547378787148179e-5],
  [2, 385, 0.023101151131860856],
  [30, 1e4, 1.022163523712853e-189],
  [-1, 3, 0.8044988905221148],
])("Student's tail above %f with %f degrees of freedom is right to eleven digits", (t, df, tail) =>
  isNear(studentTUpperTail(t, df), tail, 1e-11),
)

test('quantiles undo their distributions', () => {
  const probability = fc.double({ min: 1e-300, max: 0.5, noNaN: true })
  fc.assert(fc.property(probability, (p) => isNear(normalCdf(normalQuantile(p)), p, 1e-11)))
  const tail = fc.double({ min: 1e-6, max: 0.999, noNaN: true })
  fc.assert(
    fc.property(tail, fc.double({ min: 1, max: 1e5, noNaN: true }), (p, df) =>
      isNear(studentTUpperTail(studentTUpperQuantile(p, df), df), p, 1e-8),
    ),
  )
  expect([0, 0.5, 1, 2].map(normalQuantile)).toEqual([-Infinity, 0, Infinity, Number.NaN])
})

test('Γ obeys its own recurrence, and is (n − 1)! on whole numbers', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 1e6, noNaN: true }), (x) => {
      expect(Math.abs(logGamma(x + 1) - logGamma(x) - Math.log(x))).toBeLessThan(1e-14 * Math.max(10, Math.abs(logGamma(x))))
    }),
  )
  isNear(logGamma(21), Math.log(2432902008176640000), 1e-15)
  expect([1, 2, 0, Infinity, -1].map(logGamma)).toEqual([0, 0, Infinity, Infinity, Number.NaN])
  expect(logBeta(0.5, 1e6)).toBeCloseTo(-6.335390211057437, 12)
})

test('the incomplete beta function is the binomial tail', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 300 }),
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      (k, more, p) => {
        const trials = k + more
        isNear(incompleteBeta(p, k, trials - k + 1), sum(binomialPmf(trials, p).probabilities.subarray(k)), 1e-9)
      },
    ),
  )
  expect([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3), incompleteBeta(2, 2, 3)]).toEqual([0, 1, Number.NaN])
})

test('marked ones in a draw: the chances add up to 1, with the mean and variance of the textbook', () => {
  const hypergeometric = fc.tuple(fc.nat(200), fc.nat(200), fc.double({ min: 0, max: 1, noNaN: true }))
  fc.assert(
    fc.property(hypergeometric, ([marked, unmarked, share]) => {
      const population = marked + unmarked
      const drawn = Math.round(share * population)
      const { first, probabilities } = hypergeometricPmf(population, marked, drawn)
      expect(sum(probabilities)).toBeCloseTo(1, 12)
      const mean = probabilities.reduce((total, probability, i) => total + probability * (first + i), 0)
      const variance = probabilities.reduce((total, probability, i) => total + probability * (first + i - mean) ** 2, 0)
      const rate = population === 0 ? 0 : marked / population
      expect(mean).toBeCloseTo(drawn * rate, 9)
      if (population > 1) expect(variance).toBeCloseTo((drawn * rate * (1 - rate) * (population - drawn)) / (population - 1), 8)
    }),
  )
  expect([...binomialPmf(2, 0).probabilities, ...binomialPmf(2, 1).probabilities]).toEqual([1, 0, 0, 0, 0, 1])
})
