import { logMeanExp } from '../stats/log-space.js'
import { type Counts, countFactors } from './count-factors.js'
import { logLogGrid } from './node-mixture.js'

const worse = logLogGrid(1.1, 20, 32)
const better = worse.map((node) => 1 / node)

/** Evidence at every node as a line in the tested difference: `gain − difference · price`. */
interface Lines {
  readonly gain: readonly number[]
  readonly price: readonly number[]
}

const flat: Lines = { gain: worse.map(() => 0), price: worse.map(() => 0) }

/** One set of lines for each way to be wrong about the difference: whose rate is in doubt, and in which direction. */
export interface DifferenceState {
  readonly canaryWorse: Lines
  readonly canaryBetter: Lines
  readonly controlWorse: Lines
  readonly controlBetter: Lines
}

export const firstDifferenceState: DifferenceState = {
  canaryWorse: flat,
  canaryBetter: flat,
  controlWorse: flat,
  controlBetter: flat,
}

/** Takes in one interval; without requests of both cohorts it says nothing. */
export function observeDifference(state: DifferenceState, counts: Counts): DifferenceState {
  const { controlTotal, controlBad, canaryTotal, canaryBad } = counts
  if (controlTotal <= 0 || canaryTotal <= 0) return state
  const swapped = { controlTotal: canaryTotal, controlBad: canaryBad, canaryTotal: controlTotal, canaryBad: controlBad }
  return {
    canaryWorse: extend(state.canaryWorse, counts, worse),
    canaryBetter: extend(state.canaryBetter, counts, better),
    controlWorse: extend(state.controlWorse, swapped, worse),
    controlBetter: extend(state.controlBetter, swapped, better),
  }
}

function extend({ gain, price }: Lines, counts: Counts, nodes: readonly number[]): Lines {
  const factors = nodes.map((node) => countFactors(counts, 1, node))
  return {
    gain: gain.map((sum, j) => sum + counts.canaryBad * factors[j]!.logCanary + counts.controlBad * factors[j]!.logControl),
    price: price.map((sum, j) => sum + counts.canaryTotal * (factors[j]!.canary - 1)),
  }
}

/**
 * Confidence sequence for canary rate − control rate: at every look at once, it covers the true difference with
 * probability 1 − α, if there is one. Inverts the count e-process with the margin `control rate + difference`.
 *
 * Assumes what `countEProcess` does, and a difference that stays the same; bursts and noise of one cohort make it too
 * narrow, a difference that changes is covered on average only.
 */
export function differenceConfidence(state: DifferenceState, alpha = 0.05): { lower: number; upper: number } {
  const needed = Math.log(2 / alpha)
  const evidence = ({ gain, price }: Lines, difference: number) => logMeanExp(gain.map((sum, j) => sum - difference * price[j]!))
  const isAbove = (d: number) => (d >= 0 ? evidence(state.canaryWorse, d) : evidence(state.controlBetter, -d)) >= needed
  const isBelow = (d: number) => (d >= 0 ? evidence(state.canaryBetter, d) : evidence(state.controlWorse, -d)) >= needed
  return {
    lower: isAbove(-1) ? lastWhere(isAbove) : -1,
    upper: isBelow(1) ? -lastWhere((d) => isBelow(-d)) : 1,
  }
}

/** The largest d in [−1, 1] at which `holds`, which is true at −1 and never returns once false. */
function lastWhere(holds: (d: number) => boolean): number {
  let [inside, outside] = [-1, 1]
  for (let round = 0; round < 60; round++) {
    const middle = (inside + outside) / 2
    if (holds(middle)) inside = middle
    else outside = middle
  }
  return inside
}
