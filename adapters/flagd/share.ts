import { z } from 'zod'
import { basisPoints } from '../../src/vocabulary/weight.js'

/** The variants users get inside and outside of the share. */
export interface Variants {
  readonly on: string
  readonly off: string
}

/** What to say of a flag that this adapter neither reads nor changes. */
export interface Foreign {
  readonly because: string
}

export interface Share {
  readonly percent: number
  /** The targeting with another share; who is in at 5 % is still in at 50 %. */
  readonly targetingFor: (percent: number) => unknown
}

/** Two of these still add up to less than flagd's limit of 2^31 - 1. */
const heaviest = 1_000_000_000
const entrySchema = z.union([z.tuple([z.string()]), z.tuple([z.string(), z.int().min(0).max(heaviest)])])
type Entry = z.infer<typeof entrySchema>
/** What users are told apart by is an expression; a plain text would put all of them together. */
const bucketBySchema = z.record(z.string(), z.unknown())
const targetingSchema = z.strictObject({
  fractional: z.union([z.tuple([entrySchema, entrySchema]), z.tuple([bucketBySchema, entrySchema, entrySchema])]),
})

/** Weights add up to this, so that a step is 0.01 %. */
const total = 10_000

/** The share of users who get `on`, where fractional targeting between two variants is all that decides. */
export function shareOf(flag: Readonly<Record<string, unknown>>, { on, off }: Variants): Share | Foreign {
  const { variants, defaultVariant, targeting } = flag
  const known = z.record(z.string(), z.unknown()).safeParse(variants).data ?? {}
  if (![on, off].every((variant) => Object.hasOwn(known, variant)))
    return { because: `it lacks the variants "${on}" and "${off}"` }
  if (defaultVariant !== off)
    return { because: `its default variant is not "${off}", and users without a targeting key get that` }
  if (isNothing(targeting)) return { percent: 0, targetingFor: (percent) => ({ fractional: entriesFor([on, off], on, percent) }) }
  const parsed = targetingSchema.safeParse(targeting).data
  const parts: readonly (Entry | z.infer<typeof bucketBySchema>)[] = parsed?.fractional ?? []
  const entries = parts.filter((part) => Array.isArray(part)) as Entry[]
  const names = entries.map(([name]) => name)
  if (parsed === undefined || !names.includes(on) || !names.includes(off))
    return { because: `its targeting is something else than one fractional split between "${on}" and "${off}"` }
  const weights = entries.map(([, weight = 1]) => weight)
  const sum = weights.reduce((a, b) => a + b)
  const bucketBy = parts.filter((part) => !Array.isArray(part))
  return {
    percent: sum === 0 ? 0 : (100 * weights[names.indexOf(on)]!) / sum,
    // In the order they have, which decides who is in.
    targetingFor: (percent) => ({ fractional: [...bucketBy, ...entriesFor(names, on, percent)] }),
  }
}

const isNothing = (targeting: unknown) =>
  targeting === undefined || targeting === null || (typeof targeting === 'object' && Object.keys(targeting).length === 0)

const entriesFor = (names: readonly string[], on: string, percent: number) =>
  names.map((name) => [name, name === on ? basisPoints(percent) : total - basisPoints(percent)])
