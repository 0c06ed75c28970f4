import { classifyCompatible } from '../../dist/src/analysis/kayenta/classify-compatible.js'
import { classifyCounts, emptyTally, tallied } from '../../dist/src/analysis/kayenta/classify-counts.js'
import { kayentaSettingsSchema } from '../../dist/src/analysis/kayenta-judge.js'
import { guardrailTest } from '../../dist/src/analysis/sequential/build-metric-test.js'
import { calibrate } from '../../dist/src/analysis/sequential/calibrate.js'
import { type Counts, countFactors } from '../../dist/src/analysis/sequential/count-factors.js'
import { deadlineLook, drawOf, firstDeadlineState } from '../../dist/src/analysis/sequential/deadline-test.js'
import { type Guardrail, sequentialSettingsSchema } from '../../dist/src/analysis/sequential/sequential-settings.js'
import { incompleteBeta } from '../../dist/src/analysis/stats/incomplete-beta.js'
import type { Comparison } from '../../dist/src/vocabulary/measurement.js'
import type { Service } from './worlds.ts'

/** Takes the next interval in, and says whether to roll back. */
export type Watch = (counts: Counts) => boolean

export interface Contender {
  readonly name: string
  /** @param past - gives intervals from before the release, of two cohorts of the same version */
  start(service: Service, past: () => Counts): Watch
  /** Share of the runs it takes part in, where it is slow. */
  readonly part?: number
}

export const alpha = 0.01

/** A metric of a sequential judge, as it is when its settings are these. */
export function ratioTest(settings: object, level = alpha) {
  const { guardrails } = sequentialSettingsSchema.parse({
    use: 'sequential',
    guardrails: { errors: { kind: 'ratio', ...settings } },
  })
  return guardrailTest(guardrails.errors as Guardrail, { alpha: level, promotionAlpha: 0.05, reportAlpha: alpha })
}

/** Counts, as a judge gets them. */
export const comparisonOf = ({ canaryTotal, canaryBad, controlTotal, controlBad }: Counts): Comparison => ({
  canary: { kind: 'counts', total: canaryTotal, bad: canaryBad },
  control: { kind: 'counts', total: controlTotal, bad: controlBad },
})

function sequential(settings: object, level = alpha, seconds = 60): Watch {
  const test = ratioTest(settings, level)
  let state = test.begin()
  return (counts) => {
    const next = test.observe(state, comparisonOf(counts), seconds)
    if (typeof next !== 'string') state = next
    return test.harm(state) >= -Math.log(level)
  }
}

const noMargin = { relative: 1, absolute: 0 }

/** The judge as it comes: 10 % and 1 in 10,000 tolerated, over-dispersion estimated as it goes. */
export const byDefault = (seconds = 60): Contender => ({
  name: 'sequential (default)',
  start: () => sequential({}, alpha, seconds),
})
/** Nothing tolerated, failures known to be independent. */
export const strict = (seconds = 60): Contender => ({
  name: 'sequential, no margin',
  start: () => sequential({ tolerate: noMargin, dispersion: 1 }, alpha, seconds),
})
/** A little tolerated, failures known to be independent. */
export const fivePercent: Contender = {
  name: 'sequential, 5 % tolerated',
  start: () => sequential({ tolerate: { relative: 1.05, absolute: 0 }, dispersion: 1 }),
}
export const adaptive: Contender = {
  name: 'no margin, adaptive',
  start: () => sequential({ tolerate: noMargin }),
}
/** Two hours of stable against stable beforehand. */
export const calibrated: Contender = {
  name: 'no margin, calibrated',
  start(_, past) {
    const { phi = 1, relative = 1 } = calibrate(Array.from({ length: 120 }, past)) ?? {}
    return sequential({ tolerate: { relative, absolute: 0 }, promote: { relative: relative * 2, absolute: 0 }, dispersion: phi })
  },
}
/** What a declared number of looks does: nine tenths of alpha for the exact test, the rest for what may go on for ever. */
export const deadline = (looks: number): Contender => ({
  name: `deadline of ${looks} looks`,
  start() {
    const ever = sequential({ tolerate: noMargin, dispersion: 1 }, alpha / 10)
    let state = firstDeadlineState
    return (counts) => {
      state = deadlineLook(state, drawOf(counts, 1), looks, alpha * 0.9)
      return ever(counts) || state.sum >= state.boundary
    }
  },
})

/** Knows the true ratio, and stops at the first interval that is evidence enough: as fast as it gets without the baseline. */
export const oracle: Contender = {
  name: 'SPRT, told the ratio',
  start({ ratio }) {
    // Of a good canary it is told the doubling that it is afraid of.
    const told = ratio > 1 ? ratio : 2
    let log = 0
    return (counts) => {
      const { logCanary, logControl } = countFactors(counts, 1, told)
      log += counts.canaryBad * logCanary + counts.controlBad * logControl
      return log >= -Math.log(alpha)
    }
  },
}

const canaryRate = ({ canaryBad, canaryTotal }: Counts) => canaryBad / canaryTotal
const controlRate = ({ controlBad, controlTotal }: Counts) => controlBad / controlTotal

/** Fails once more than `limit` looks in all were above the threshold. */
const tooMany = (threshold: number, limit: number): Watch => {
  let failed = 0
  return (counts) => {
    if (canaryRate(counts) > threshold) failed += 1
    return failed > limit
  }
}
/** Told the true baseline, which nobody is. */
export const argo = (factor: number): Contender => ({
  name: `Argo-like, ${factor}x, limit 3`,
  start: ({ baseline }) => tooMany(factor * baseline, 3),
})
export const argoInARow: Contender = {
  name: 'Argo-like, 2x, 3 in a row',
  start({ baseline }) {
    let failed = 0
    return (counts) => {
      failed = canaryRate(counts) > 2 * baseline ? failed + 1 : 0
      return failed >= 3
    }
  },
}
export const flagger: Contender = { name: 'Flagger-like, 1 %, 5 failures', start: () => tooMany(0.01, 4) }

const { metrics, ...kayentaOptions } = kayentaSettingsSchema.parse({
  use: 'kayenta',
  metrics: [{ metric: 'errors', direction: 'increase' }],
})
const kayentaMetric = metrics[0]!

/** Kayenta's own rule on one point per minute: asked at minute 60, or at every minute from the fifth on. */
const kayenta = (isTime: (look: number) => boolean): Watch => {
  const canary: number[] = []
  const control: number[] = []
  return (counts) => {
    // Per million: Kayenta is blind to shifts below 1e-4 in the unit that it gets, and nobody would give it fractions.
    canary.push(1e6 * canaryRate(counts))
    control.push(1e6 * controlRate(counts))
    return isTime(canary.length) && classifyCompatible(canary, control, kayentaMetric, kayentaOptions).classification === 'High'
  }
}
export const kayentaOnce: Contender = { name: 'Kayenta-like, once an hour', start: () => kayenta((look) => look === 60) }
export const kayentaPeeking: Contender = {
  name: 'Kayenta-like, every minute',
  start: () => kayenta((look) => look >= 5),
  part: 1 / 3,
}
/** Our Kayenta judge, which tests counts as counts, asked at every minute from its twentieth on. */
export const kayentaSafe: Contender = {
  name: 'kayenta judge, every minute',
  start() {
    let tally = emptyTally
    return ({ canaryBad, canaryTotal, controlBad, controlTotal }) => {
      tally = tallied(tally, { bad: canaryBad, total: canaryTotal }, { bad: controlBad, total: controlTotal })
      return classifyCounts(tally, kayentaMetric, kayentaOptions).classification === 'High'
    }
  },
}

const sums = () => {
  const total = { canaryBad: 0, canaryTotal: 0, controlBad: 0, controlTotal: 0 }
  return (counts: Counts) => {
    total.canaryBad += counts.canaryBad
    total.canaryTotal += counts.canaryTotal
    total.controlBad += counts.controlBad
    total.controlTotal += counts.controlTotal
    return total
  }
}

/** An exact one-sided test of all counts so far, as if each minute were the only one. */
export const naive: Contender = {
  name: 'naive p < 1 %, every minute',
  start() {
    const add = sums()
    return (counts) => {
      const { canaryBad, canaryTotal, controlBad, controlTotal } = add(counts)
      return canaryBad > 0 && incompleteBeta(canaryTotal / (canaryTotal + controlTotal), canaryBad, controlBad + 1) < alpha
    }
  },
}

/** Mixture SPRT on the difference of rates with a normal mixture, told the true baseline for its width. */
export const mixtureSprt: Contender = {
  name: 'mSPRT, normal mixture',
  start({ baseline }) {
    const add = sums()
    const width = (baseline / 2) ** 2
    return (counts) => {
      const { canaryBad, canaryTotal, controlBad, controlTotal } = add(counts)
      const rate = (canaryBad + controlBad) / (canaryTotal + controlTotal)
      const variance = rate * (1 - rate) * (1 / canaryTotal + 1 / controlTotal)
      const difference = canaryBad / canaryTotal - controlBad / controlTotal
      if (variance === 0 || difference <= 0) return false
      const log = 0.5 * Math.log(variance / (variance + width)) + (width * difference ** 2) / (2 * variance * (variance + width))
      return log >= -Math.log(alpha)
    }
  },
}
