import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'

const strategySchema = z.object({
  id: z.string(),
  name: z.string(),
  disabled: z.boolean().nullish(),
  parameters: z.record(z.string(), z.string()).catch({}),
})
export type Strategy = z.infer<typeof strategySchema>

const featureSchema = z.object({
  environments: z.array(z.object({ name: z.string(), enabled: z.boolean(), strategies: z.array(strategySchema) })),
})
export type Environment = z.infer<typeof featureSchema>['environments'][number]

/** @throws ReleaseError `adapter/rejected` */
export function environmentOf(feature: unknown, flag: string, name: string): Environment {
  const parsed = featureSchema.safeParse(feature).data
  if (parsed === undefined)
    throw new ReleaseError(
      'adapter/rejected',
      `Unleash described "${flag}" in a way this adapter cannot read. See its README for versions.`,
      {
        flag,
      },
    )
  const environment = parsed.environments.find((candidate) => candidate.name === name)
  if (environment) return environment
  const known = parsed.environments.map((candidate) => candidate.name).join(', ')
  throw new ReleaseError('adapter/rejected', `"${flag}" has no environment "${name}" in Unleash. It has: ${known}.`, {
    flag,
    name,
  })
}

/**
 * The one strategy that decides, where it is a gradual rollout; none where none is active.
 * @returns as a text, why the share of users is not one strategy's to say
 */
export function rolloutStrategy({ strategies }: Environment): Strategy | undefined | string {
  const active = strategies.filter(({ disabled }) => disabled !== true)
  if (active.length > 1) return `it has ${active.length} active strategies, and users get the feature by any of them`
  const [only] = active
  if (only && only.name !== 'flexibleRollout') return `its strategy is "${only.name}", which has no share`
  return only
}

/** The server stores any text as a share, and so this is not always a number. */
export function shareOf({ parameters: { rollout = '' } }: Strategy): number | 'unknown' {
  return /^(?:100|[1-9]?\d)$/.test(rollout) ? Number(rollout) : 'unknown'
}
