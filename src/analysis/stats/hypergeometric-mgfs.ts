import { hypergeometricMgf } from './hypergeometric-mgf.js'

/** Of `total`, `marked` are marked and `drawn` are drawn: whole numbers. */
export interface Urn {
  readonly total: number
  readonly drawn: number
  readonly marked: number
}

/** −ln of what may be left out of a sum: 1e-13 of it. */
const digits = 30

/** Ratios of terms that are a step apart. Kept from call to call, since to ask for room takes as long as to fill it. */
const ratios = new Float64Array(4_096)
/** So that every ratio is within a double. */
const longestStep = 128

/** In place of a mode. */
export const unwanted = -1

/**
 * ln E[e^(tX)] at several t, less that at the first of them, for X = how many of the drawn are marked in Fisher's noncentral
 * hypergeometric distribution. Within 1e-12 of what {@link hypergeometricMgf} says of each, in a quarter of the time.
 *
 * Tilted by e^(tX) or not, X is distributed as a sum of independent Bernoulli variables (Pitman). So, with v as its variance,
 * - it is less than {@link reach} of v away from its mode, but for e^−digits of the time (Bernstein's inequality), and
 * - every h-th probability adds up to 1/h, but for a share of 2 Σ e^(−2v·sin²(πl/h)), l = 1 to h/2, of it: that is how far its
 *   characteristic function at 2πl/h can be from 0. So steps may be long, and the ratios between them serve every t.
 *
 * @param odds - of the marked, as a multiple of those of the others
 * @param logs - every t
 * @param modes - for every t, the mode of X when tilted by it, or `unwanted` for Infinity instead of an answer; the first is wanted
 * @see J. Pitman (1997), J. Combin. Theory A 77(2), 279-303. doi:10.1006/jcta.1997.2747
 */
export function hypergeometricMgfs(urn: Urn, odds: number, logs: readonly number[], modes: readonly number[]): number[] {
  const { total, drawn, marked } = urn
  const beside = total - marked - drawn
  const reaches = new Array<number>(modes.length)
  let lowest = Number.POSITIVE_INFINITY
  let highest = 0
  let least = Number.POSITIVE_INFINITY
  for (let j = 0; j < modes.length; j++) {
    const mode = modes[j]!
    if (mode === unwanted) continue
    const variance = 1 / (1 / (mode + 0.5) + 1 / (marked - mode + 0.5) + 1 / (drawn - mode + 0.5) + 1 / (beside + mode + 0.5))
    reaches[j] = reach(variance)
    lowest = Math.min(lowest, mode - reaches[j]!)
    highest = Math.max(highest, mode + reaches[j]!)
    least = Math.min(least, variance)
  }
  const from = Math.max(0, -beside, Math.floor(lowest))
  const step = longestStepAt(least)
  const steps = Math.ceil((Math.min(drawn, marked, highest) - from) / step)
  if (steps > ratios.length) return oneByOne(urn, odds, logs, modes)
  findRatios(urn, odds, from, step, steps)
  let place = 0
  let height = 0
  let first = 0
  return logs.map((t, j) => {
    if (modes[j] === unwanted) return Number.POSITIVE_INFINITY
    const start = Math.max(0, Math.floor((modes[j]! - reaches[j]! - from) / step))
    const end = Math.min(steps, Math.ceil((modes[j]! + reaches[j]! - from) / step))
    height += place < start ? climb(place, start) : -climb(start, place)
    place = start
    const tilt = Math.exp(step * t)
    let sum = 1
    for (let i = start, term = 1; i < end; i++) {
      term *= ratios[i]! * tilt
      sum += term
    }
    const log = height + (from + start * step) * t + Math.log(sum)
    if (j === 0) first = log
    return log - first
  })
}

/** For modes so far apart that the way from one to the next would be far longer than the sums about them. */
function oneByOne({ total, drawn, marked }: Urn, odds: number, logs: readonly number[], modes: readonly number[]): number[] {
  const logMgf = hypergeometricMgf(total, drawn, marked)
  const [tilt, first] = [Math.log(odds), logMgf(Math.log(odds) + logs[0]!)]
  return logs.map((t, j) => (modes[j] === unwanted ? Number.POSITIVE_INFINITY : logMgf(tilt + t) - first))
}

const reach = (variance: number) => 1 + digits / 3 + Math.sqrt((digits * digits) / 9 + 2 * digits * variance)

/** Even, or 1. */
function longestStepAt(variance: number): number {
  if (2 * variance <= digits) return 1
  return Math.min(longestStep, 2 * Math.floor(Math.PI / Math.asin(Math.sqrt(digits / (2 * variance))) / 2))
}

/** Of neighbours among the terms at `from`, `from + step` and so on, times odds to the power of their numbers. */
function findRatios({ total, drawn, marked }: Urn, odds: number, from: number, step: number, steps: number): void {
  const beside = total - marked - drawn
  if (step === 1) {
    for (let i = 0, k = from; i < steps; i++, k++) ratios[i] = (odds * (marked - k) * (drawn - k)) / ((k + 1) * (beside + k + 1))
    return
  }
  const half = step / 2
  for (let i = 0; i < steps; i++) {
    // The factors of a step in pairs about their middle, (x − o)(x + o), each scaled by what keeps their products small.
    const k = from + i * step + half + 0.5
    const kk = k ** 2
    const uu = (beside + k) ** 2
    const mm = (marked + 1 - k) ** 2
    const dd = (drawn + 1 - k) ** 2
    const scale = 1 / (kk * uu)
    const scaled = odds * odds * scale
    let up = 1
    let down = 1
    for (let o = 0.5; o < half; o++) {
      up *= (mm - o * o) * (dd - o * o) * scaled
      down *= (kk - o * o) * (uu - o * o) * scale
    }
    ratios[i] = up / down
  }
}

/** ln of the product of the ratios from one place to another. */
function climb(from: number, to: number): number {
  let [log, product] = [0, 1]
  for (let i = from; i < to; i++) {
    product *= ratios[i]!
    if (product > 1e-80 && product < 1e80) continue
    log += Math.log(product)
    product = 1
  }
  return log + Math.log(product)
}
