import { sayCount, sayNumber, sayPercent } from '../wording.js'
import type { CountMetricSettings, CountMetricState } from './count-metric.js'
import { dispersionPhi } from './dispersion.js'
import { finite, type Sight } from './metric-test.js'
import { ratioConfidence } from './ratio-confidence.js'

/**
 * What a rate shows so far: all intervals together, and the ratio canary / control with its confidence sequence. A change
 * that came late shows in the evidence before it shows here.
 */
export function countSight(settings: CountMetricSettings, { totals, ratio, dispersion }: CountMetricState, alpha: number): Sight {
  const { kind, harm, tolerate, promote } = settings
  const suspect = { total: totals.canaryTotal, bad: totals.canaryBad }
  const reference = { total: totals.controlTotal, bad: totals.controlBad }
  const [canary, control] = harm === 'up' ? [suspect, reference] : [reference, suspect]
  const { lower, upper } = ratioConfidence(ratio, alpha)
  const [ratioLower, ratioUpper] = harm === 'up' ? [lower, upper] : [1 / upper, 1 / lower]
  const [canaryRate, controlRate] = [rate(canary), rate(control)]
  const { relative, absolute } = tolerate ?? promote
  const limit = harm === 'up' ? relative * controlRate + absolute : Math.max(0, (controlRate - absolute) / relative)
  const isRatio = kind === 'ratio'
  const say = (value: number) => (isRatio ? sayPercent(value) : sayNumber(value))
  const bounds = [
    ...(ratioLower > 0 ? [`at least ${sayNumber(ratioLower)}x`] : []),
    ...(Number.isFinite(ratioUpper) ? [`at most ${sayNumber(ratioUpper)}x`] : []),
  ].join(' and ')
  const confidence = bounds === '' ? '' : ` (${bounds} with ${sayNumber(100 * (1 - alpha))} % confidence)`
  const asked = `${tolerate ? 'tolerated' : 'asked for'} ${harm === 'up' ? 'up to' : 'down to'} ${say(limit)}`
  const after = isRatio ? `${sayCount(canary.total)} canary requests` : `a canary exposure of ${sayNumber(canary.total)}`
  return {
    says: `${say(canaryRate)} against ${say(controlRate)} of control${isRatio ? '' : ' per unit of exposure'}${confidence}, ${asked}, after ${after}`,
    numbers: finite({
      canaryRate,
      controlRate,
      ratio: canaryRate / controlRate,
      ratioLower,
      ratioUpper,
      toleratedRate: limit,
      toleratedRelative: relative,
      toleratedAbsolute: absolute,
      canaryTotal: canary.total,
      controlTotal: control.total,
      phi: settings.dispersion === 'adaptive' ? dispersionPhi(dispersion) : settings.dispersion,
    }),
  }
}

const rate = ({ total, bad }: { total: number; bad: number }) => (total > 0 ? bad / total : 0)
