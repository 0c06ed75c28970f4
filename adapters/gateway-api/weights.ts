import { basisPoints } from '../../src/vocabulary/weight.js'
import { add, type Edit } from './edits.js'
import { type Backends, type KubernetesRoute, refusal, type Split, splitsOf } from './route.js'

/** Weights count in these parts where the two Services are alone in a rule: every hundredth of a percent is exact. */
const wholeParts = 10_000

/**
 * Gives the canary its share wherever the route splits. Backends of others keep their weights.
 * @throws ReleaseError `adapter/rejected` where whole numbers cannot say that share
 */
export function weightEdits(route: KubernetesRoute, backends: Backends, weightPercent: number): Edit[] {
  return splitsOf(route, backends).flatMap((split) => {
    const { canary, stable } = weightsOf(route, split, weightPercent)
    const set = (side: Split['stable'], value: number) =>
      side.weight === value ? [] : [add(`/spec/rules/${split.rule}/backendRefs/${side.index}/weight`, value)]
    return [...set(split.canary, canary), ...set(split.stable, stable)]
  })
}

function weightsOf(route: KubernetesRoute, { stable, canary, othersWeight, rule }: Split, weightPercent: number) {
  // Next to others, the two keep the sum that they have: it is what the others' share hangs on.
  const sum = othersWeight > 0 ? stable.weight + canary.weight : wholeParts
  const canaryWeight = (sum * basisPoints(weightPercent)) / wholeParts
  if (sum > 0 && Number.isInteger(canaryWeight)) return { canary: canaryWeight, stable: sum - canaryWeight }
  throw refusal(
    route.metadata.name,
    `cannot give the canary ${weightPercent} % in rule ${rule}, where the two Services have ${sum} in all beside other backends. Multiply all weights there, so that they have ${wholeParts}`,
  )
}

/** One Service's part of what both get, in percent; none where rules differ, or where neither gets anything. */
export function shareOf(splits: readonly Split[], side: 'stable' | 'canary'): number | undefined {
  return sameOf(splits.map((split) => (100 * split[side].weight) / (split.stable.weight + split.canary.weight)))
}

/** What all rules say; none where they differ. */
export const sameOf = (shares: readonly number[]) => (shares.every((share) => share === shares[0]) ? shares[0] : undefined)
