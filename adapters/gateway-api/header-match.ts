import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { add, type Edit, remove } from './edits.js'
import { othersFilters } from './mirror.js'
import { type Backends, isService, type KubernetesRoute, type Rule, refusal, type Split, splitsOf } from './route.js'

/** Names and values as the API takes them (HTTPHeaderMatch): a token, and visible characters with single blanks between. */
export const headerMatchSchema = z.strictObject({
  name: z
    .string()
    .max(256)
    .regex(/^[\w!#$%&'*+\-.^`|~]+$/),
  value: z
    .string()
    .max(4096)
    .regex(/^[!-~]+(?:[\t ][!-~]+)*$/),
})
/** Requests with exactly this value of this header. */
export type HeaderMatch = z.infer<typeof headerMatchSchema>

/** Tells the rules that were added here from those that somebody else wrote: rules have names in newer versions only. */
const annotationOf = (stableService: string) => `header.taxiway.dev/${stableService}`

/** The annotation that says so. */
export const headerNote = (stableService: string, match: HeaderMatch | 'none') => ({
  [annotationOf(stableService)]: match === 'none' ? undefined : JSON.stringify(match),
})

/**
 * Puts a rule before each one that splits, which is the same but for the header that it wants and for sending all to the
 * canary; and takes away those that were put there before. To be the last edits of a patch: rules move.
 * @throws ReleaseError `adapter/rejected` where somebody else has rules about that header
 */
export function headerMatchEdits(route: KubernetesRoute, backends: Backends, match: HeaderMatch | 'none'): Edit[] {
  if (isDeepStrictEqual(headerMatchOf(route, backends), match)) return []
  const ours = ownRules(route, backends)
  const splits = splitsOf(route, backends)
  if (match !== 'none') checkFree(route, backends, match, splits, ours)
  // From the last rule to the first, so that every index is still what it was.
  return route.spec.rules
    .flatMap((_, index) => {
      const split = splits.find(({ rule }) => rule === index)
      if (ours.includes(index)) return [remove(`/spec/rules/${index}`)]
      return split && match !== 'none' ? [add(`/spec/rules/${index}`, ruleFor(route, backends, split, match))] : []
    })
    .reverse()
}

/** Whose requests go to the canary wholly; none where a rule of ours is missing, or is not what it was to be. */
export function headerMatchOf(route: KubernetesRoute, backends: Backends): HeaderMatch | 'none' | undefined {
  const told = toldBy(route, backends)
  const ours = ownRules(route, backends)
  if (told === undefined || ours.length === 0) return 'none'
  const splits = splitsOf(route, backends)
  const isWhole = splits.every((split) =>
    isDeepStrictEqual(route.spec.rules[split.rule - 1], ruleFor(route, backends, split, told)),
  )
  return isWhole && ours.length === splits.length ? told : undefined
}

function ruleFor({ metadata, spec }: KubernetesRoute, backends: Backends, { rule, canary }: Split, match: HeaderMatch): Rule {
  const { name: _, matches = [], backendRefs, filters: __, ...rest } = spec.rules[rule]!
  const filters = othersFilters(spec.rules[rule]!, backends, metadata.namespace)
  return {
    ...rest,
    matches: (matches.length > 0 ? matches : [{}]).map((one: Match) => ({
      ...one,
      headers: [...(one.headers ?? []), { type: 'Exact', ...match }],
    })),
    ...(filters.length > 0 && { filters }),
    backendRefs: [{ ...backendRefs[canary.index]!, weight: 1 }],
  }
}

type Match = NonNullable<Rule['matches']>[number]
const named = ({ headers = [] }: Match, name: string) =>
  headers.find((header) => header.name.toLowerCase() === name.toLowerCase())

function toldBy({ metadata }: KubernetesRoute, { stable }: Backends): HeaderMatch | undefined {
  try {
    return headerMatchSchema.safeParse(JSON.parse(metadata.annotations?.[annotationOf(stable)] ?? 'null')).data
  } catch {
    return undefined
  }
}

function ownRules(route: KubernetesRoute, backends: Backends): number[] {
  const told = toldBy(route, backends)
  return told ? route.spec.rules.flatMap((rule, index) => (isLike(rule, route, backends, told) ? [index] : [])) : []
}

/** Whether a rule sends requests with that header to the canary, and to nobody else. */
function isLike({ matches = [], backendRefs }: Rule, { metadata }: KubernetesRoute, { canary }: Backends, match: HeaderMatch) {
  const [only, ...more] = backendRefs
  if (!only || more.length > 0 || matches.length === 0 || !isService(only, canary, metadata.namespace)) return false
  return matches.every((one) => {
    const header = named(one, match.name)
    return header?.type === 'Exact' && header.value === match.value
  })
}

function checkFree(route: KubernetesRoute, backends: Backends, match: HeaderMatch, splits: Split[], ours: number[]): void {
  const { metadata, spec } = route
  const foreign = spec.rules.findIndex((rule, index) => !ours.includes(index) && isLike(rule, route, backends, match))
  if (foreign >= 0)
    throw refusal(
      metadata.name,
      `sends "${match.name}" to the canary by rule ${spec.rules[foreign]!.name ?? foreign} already, which is not this router's. Remove it, or take another header`,
    )
  // Of two conditions on one header, gateways look at the first only.
  const busy = splits.find(({ rule }) => spec.rules[rule]!.matches?.some((one) => named(one, match.name)))
  if (busy)
    throw refusal(
      metadata.name,
      `matches "${match.name}" itself in rule ${spec.rules[busy.rule]!.name ?? busy.rule}. Take another header`,
    )
}
