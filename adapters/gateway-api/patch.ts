import { basisPoints } from '../../src/vocabulary/weight.js'
import { type Backends, type KubernetesRoute, refusal, type Split, splitsOf } from './route.js'
import { annotationOf, type Versions, versionsOf } from './versions.js'

/** Weights count in these parts where the two Services are alone in a rule: every hundredth of a percent is exact. */
const wholeParts = 10_000

/**
 * A JSON Patch that gives the canary its share wherever the route splits; none if nothing changes. It writes nothing but weights
 * and one annotation, and only if the spec is still the one that was read. Backends of others keep their weights.
 * @throws ReleaseError `adapter/rejected` where whole numbers cannot say that share
 */
export function patchOf(route: KubernetesRoute, backends: Backends, weightPercent: number, versions: Versions) {
  const { generation, resourceVersion, annotations } = route.metadata
  const weights = splitsOf(route, backends).flatMap((split) => {
    const { canary, stable } = weightsOf(route, split, weightPercent)
    const set = (side: Split['stable'], value: number) =>
      side.weight === value ? [] : [add(`/spec/rules/${split.rule}/backendRefs/${side.index}/weight`, value)]
    return [...set(split.canary, canary), ...set(split.stable, stable)]
  })
  const [key, value] = [annotationOf(backends.stable), JSON.stringify(versions)]
  const isNamed = JSON.stringify(versionsOf(route, backends.stable)) === value
  if (weights.length === 0 && isNamed) return undefined
  return [
    // Not the resource version: gateways write the status whenever they like, and that is no reason to begin again.
    test('/metadata/generation', generation),
    ...weights,
    ...(isNamed
      ? []
      : annotations
        ? [add(`/metadata/annotations/${key.replace('/', '~1')}`, value)]
        : firstOf(resourceVersion, { [key]: value })),
  ]
}

/** Where there are no annotations yet, the first ones must not replace those that somebody else is the first to write. */
const firstOf = (resourceVersion: string, annotations: object) => [
  test('/metadata/resourceVersion', resourceVersion),
  add('/metadata/annotations', annotations),
]

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

const test = (path: string, value: unknown) => ({ op: 'test', path, value })
const add = (path: string, value: unknown) => ({ op: 'add', path, value })

/** One Service's part of what both get, in percent; none where rules differ, or where neither gets anything. */
export function shareOf(splits: readonly Split[], side: 'stable' | 'canary'): number | undefined {
  const shares = splits.map((split) => (100 * split[side].weight) / (split.stable.weight + split.canary.weight))
  return shares.every((share) => share === shares[0]) ? shares[0] : undefined
}
