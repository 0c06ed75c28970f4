import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'

const referenceSchema = z.object({
  group: z.string().optional(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string(),
  sectionName: z.string().optional(),
  port: z.int().optional(),
})
export type Reference = z.infer<typeof referenceSchema>

const conditionSchema = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
  observedGeneration: z.int().default(0),
})

/** With all that is not named here, and nothing filled into filters: rules are copied, and lists of filters written again. */
const ruleSchema = z.looseObject({
  name: z.string().optional(),
  matches: z
    .array(
      z.looseObject({
        headers: z.array(z.looseObject({ type: z.string().default('Exact'), name: z.string(), value: z.string() })).optional(),
      }),
    )
    .optional(),
  filters: z
    .array(
      z.looseObject({
        requestMirror: z
          .looseObject({
            backendRef: z.looseObject(referenceSchema.shape),
            percent: z.number().optional(),
            fraction: z.looseObject({ numerator: z.number(), denominator: z.number().optional() }).optional(),
          })
          .optional(),
      }),
    )
    .optional(),
  backendRefs: z.array(z.looseObject({ ...referenceSchema.shape, weight: z.int().default(1) })).default([]),
})
export type Rule = z.infer<typeof ruleSchema>

/** What HTTPRoute and GRPCRoute have in common, as far as it matters here. */
const routeSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    generation: z.int(),
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.object({
    parentRefs: z.array(referenceSchema).default([]),
    rules: z.array(ruleSchema).default([]),
  }),
  status: z
    .object({
      parents: z.array(z.object({ parentRef: referenceSchema, conditions: z.array(conditionSchema).default([]) })).default([]),
    })
    .prefault({}),
})
export type KubernetesRoute = z.infer<typeof routeSchema>

/** @throws ReleaseError `adapter/rejected` */
export function parseRoute(answer: unknown, name: string): KubernetesRoute {
  const { data } = routeSchema.safeParse(answer)
  if (data !== undefined) return data
  const says =
    answer === undefined ? 'is not there. Apply it first' : 'cannot be read by this adapter. See its README for versions'
  throw new ReleaseError('adapter/rejected', `Route "${name}" ${says}.`, { route: name })
}

/** The two Services of a unit, and where a route splits between them. */
export interface Backends {
  readonly stable: string
  readonly canary: string
  /** Names of the rules; without it, every rule that sends to the stable Service. */
  readonly rules?: readonly string[]
}

/** Where in its route a rule names both Services, and what it gives them. */
export interface Split {
  readonly rule: number
  readonly stable: { readonly index: number; readonly weight: number }
  readonly canary: { readonly index: number; readonly weight: number }
  /** Of other backends, whose share is not ours. */
  readonly othersWeight: number
}

/** @throws ReleaseError `adapter/rejected` for a rule in which either Service is missing or named twice, and for no rule at all */
export function splitsOf({ metadata: { name, namespace }, spec }: KubernetesRoute, { stable, canary, rules }: Backends): Split[] {
  const absent = rules?.find((rule) => !spec.rules.some(({ name }) => name === rule))
  if (absent !== undefined) throw refusal(name, `has no rule named "${absent}"`)
  const splits = spec.rules.flatMap((rule, index) => {
    const places = (service: string) =>
      rule.backendRefs.flatMap((ref, index) => (isService(ref, service, namespace) ? [{ index, weight: ref.weight }] : []))
    const [stables, canaries] = [places(stable), places(canary)]
    if (rules ? !rules.includes(rule.name ?? '') : stables.length === 0) return []
    const [stableAt, canaryAt] = [stables[0], canaries[0]]
    if (stableAt === undefined || canaryAt === undefined || stables.length + canaries.length > 2)
      throw refusal(
        name,
        `names not each of "${stable}" and "${canary}" once in rule ${rule.name ?? index}. Give the canary weight 0 there, or tell which \`rules\` are split`,
      )
    const total = rule.backendRefs.reduce((sum, { weight }) => sum + weight, 0)
    return [{ rule: index, stable: stableAt, canary: canaryAt, othersWeight: total - stableAt.weight - canaryAt.weight }]
  })
  if (splits.length > 0) return splits
  throw refusal(name, `has no rule that sends to "${stable}"`)
}

export const isService = ({ group = '', kind = 'Service', ...ref }: Reference, service: string, namespace: string) =>
  group === '' && kind === 'Service' && ref.name === service && (ref.namespace ?? namespace) === namespace

export function refusal(route: string, says: string): ReleaseError {
  return new ReleaseError('adapter/rejected', `Route "${route}" ${says}.`, { route })
}
