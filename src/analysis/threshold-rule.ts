import { z } from 'zod'
import type { Comparison, Measurement } from '../vocabulary/measurement.js'
import { nameSchema } from '../vocabulary/name.js'
import type { Outcome } from '../vocabulary/verdict.js'
import type { Told } from './lazy-reason.js'
import { measurementFlaw, saysUnsound } from './measurement-check.js'
import { type Estimate, estimate, sampleCount, statisticSchema } from './statistic.js'
import { sayNumber, sayPercent } from './wording.js'

const bound = z.number()
const times = z.int().min(1).max(1_000_000)

/** One statistic of one metric, and how far it may go. A value equal to its bound is within it. */
export const thresholdRuleSchema = z
  .strictObject({
    metric: nameSchema,
    statistic: statisticSchema.describe('ratio, rate, mean, max, min, sum, or a quantile such as p99.'),
    unit: z.string().max(20).default('').describe('Unit of the values, for people, such as "ms".'),
    max: bound.optional().describe('Most the canary may have.'),
    min: bound.optional().describe('Least the canary may have.'),
    maxRatio: bound.positive().optional().describe('Most the canary may have, as a multiple of what its control has.'),
    maxIncrease: bound.min(0).optional().describe('Most the canary may have above its control, in the unit of the values.'),
    minimumSamples: bound
      .positive()
      .default(1)
      .describe('Requests, instances or exposure in a look; with fewer it is inconclusive.'),
    failures: times.default(1).describe('Failed looks in a row that make a fail. Looks without a finding are not counted.'),
    totalFailures: times.optional().describe('Failed looks in all that make a fail, however many passed in between.'),
    passes: times.default(1).describe('Passed looks since the last failed one that make a pass.'),
    noDataLimit: times.default(3).describe('Looks in a row without data, after which it is called no-data.'),
    onNoData: z.enum(['inconclusive', 'fail']).default('inconclusive').describe('What no-data amounts to. It is never a pass.'),
  })
  .refine(({ max, min, maxRatio, maxIncrease }) => [max, min, maxRatio, maxIncrease].some((limit) => limit !== undefined), {
    error: 'has no bound, and would pass anything. Set max, min, maxRatio or maxIncrease.',
  })
  .refine(({ max, min }) => max === undefined || min === undefined || min <= max, { error: 'has a min above its max.' })
export type ThresholdRule = z.infer<typeof thresholdRuleSchema>

/** What one look says about one rule, before failed and passed looks are counted. */
export interface Finding {
  readonly outcome: Outcome
  readonly code: string
  /** Nothing was measured, when something could have been: counts towards `noDataLimit`. */
  readonly isSilent: boolean
  /** What it says goes on from metric and interval: "errors in 1m: …". */
  readonly tell: () => Told
}

/** Why there is no number, as the end of a sentence. */
interface NotRead {
  readonly code: string
  readonly says: () => string
  readonly isSilent: boolean
}

interface Read extends Estimate {
  readonly samples: number
  readonly basis: () => string
}

const nouns = { counts: 'requests', histogram: 'requests', samples: 'requests', gauge: 'instances', events: 'of exposure' }

/** The statistic of one cohort, or why there is none. */
function read({ statistic, minimumSamples }: ThresholdRule, measurement: Measurement | undefined): Read | NotRead {
  const none = (code: string, isSilent: boolean, says: () => string) => ({ code, says, isSilent })
  if (measurement === undefined) return none('missing', true, () => 'is not in the look')
  if (measurement.kind === 'missing') {
    const { reason, detail } = measurement
    return none('missing', reason !== 'first-look', () => `has no number (${reason}: ${detail})`)
  }
  const flaw = measurementFlaw(measurement)
  if (flaw !== undefined) return none('invalid', true, () => saysUnsound(flaw))
  const samples = sampleCount(measurement)
  const basis = () => `${sayNumber(samples)} ${nouns[measurement.kind]}`
  if (samples < minimumSamples) return none('too-few', false, () => `has ${basis()}, and needs ${sayNumber(minimumSamples)}`)
  const found = estimate(measurement, statistic)
  if (found === undefined) return none('invalid', true, () => `came as ${measurement.kind}, which has no ${statistic}`)
  if (!Number.isFinite(found.value)) return none('invalid', true, () => `has no finite ${statistic}`)
  return { ...found, samples, basis }
}

/** What the canary may not exceed, given what the control has. */
function ceilings({ max, maxRatio, maxIncrease }: ThresholdRule, control: number | undefined, say: (value: number) => string) {
  const found: { code: string; limit: number; says: () => string }[] = []
  if (max !== undefined) found.push({ code: 'above-max', limit: max, says: () => `the allowed ${say(max)}` })
  if (control === undefined) return found
  const ofControl = () => `the ${say(control)} of its control`
  if (maxRatio !== undefined && control > 0)
    found.push({ code: 'above-ratio', limit: maxRatio * control, says: () => `${sayNumber(maxRatio)} times ${ofControl()}` })
  if (maxIncrease !== undefined)
    found.push({
      code: 'above-increase',
      limit: control + maxIncrease,
      says: () => `${ofControl()} and ${say(maxIncrease)} more`,
    })
  return found
}

/**
 * Holds one look against one rule.
 *
 * R1 A bound that is broken fails, whatever else is unknown; but nothing passes while something its rule needs is unknown.
 * R2 A multiple of nothing is nothing: with a control at zero the absolute ceilings decide, and without any, nobody does.
 * R3 More of what a rule limits never turns a fail into anything better.
 */
export function assess(rule: ThresholdRule, comparison: Comparison | undefined): Finding {
  const { statistic, min, maxRatio, maxIncrease } = rule
  const say = (value: number) => (statistic === 'ratio' ? sayPercent(value) : sayNumber(value, rule.unit))
  const canary = read(rule, comparison?.canary)
  if (!('value' in canary)) {
    const { code, isSilent } = canary
    return { outcome: 'inconclusive', code, isSilent, tell: () => ({ says: `the canary ${canary.says()}`, numbers: {} }) }
  }
  const control = maxRatio === undefined && maxIncrease === undefined ? undefined : read(rule, comparison?.control)
  const known = control !== undefined && 'value' in control && !control.isAtLeast ? control : undefined
  const limits = ceilings(rule, known?.value, say)

  const found = (outcome: Outcome, code: string, says: () => string, broken?: number, isSilent = false): Finding => {
    const tell = () => {
      const tightest = broken ?? (limits.length > 0 ? Math.min(...limits.map(({ limit }) => limit)) : min)
      return {
        says: `canary ${statistic} ${canary.isAtLeast ? 'of at least ' : ''}${say(canary.value)} ${says()}`,
        numbers: {
          canary: canary.value,
          canarySamples: canary.samples,
          ...(known && { control: known.value, controlSamples: known.samples }),
          ...(tightest !== undefined && { limit: tightest }),
        },
      }
    }
    return { outcome, code, isSilent, tell }
  }
  const fail = (code: string, limit: number, says: () => string) =>
    found('fail', code, () => `is ${says()}, on ${canary.basis()}`, limit)
  const undecided = (code: string, says: () => string, isSilent = false) => found('inconclusive', code, says, undefined, isSilent)

  const broken = limits.find(({ limit }) => canary.value > limit)
  if (broken) return fail(broken.code, broken.limit, () => `above ${broken.says()}`)
  const isBelow = min !== undefined && canary.value < min
  if (isBelow && !canary.isAtLeast) return fail('below-min', min, () => `below the required ${say(min)}`)
  if (canary.isAtLeast && (isBelow || limits.length > 0))
    return undecided('beyond-buckets', () => 'is in the last bucket, which has no upper bound; add buckets above it')
  if (control !== undefined && known === undefined) {
    const [why, isSilent] = 'value' in control ? [() => 'is in its last bucket', false] : [control.says, control.isSilent]
    return undecided('no-baseline', () => `has nothing to be compared with: the control ${why()}`, isSilent)
  }
  const isZero = maxRatio !== undefined && known !== undefined && known.value <= 0
  if (isZero && limits.length === 0)
    return undecided(
      'zero-baseline',
      () => `is no multiple of the ${say(known.value)} of its control; add a max or a maxIncrease`,
    )
  return found('pass', isZero ? 'zero-baseline' : 'within-bounds', () => {
    const within = limits.map(({ says }) => `at most ${says()}`).concat(min === undefined ? [] : `at least ${say(min)}`)
    return `is ${within.join(' and ')}, on ${canary.basis()}`
  })
}
