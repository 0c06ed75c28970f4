import { z } from 'zod'

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
/** Longest duration a plan may name. Anything longer is a typing error, and 365 days still fit every timer. */
const longestMs = 365 * unitMs.d

function parse(text: string): number | undefined {
  const parts = /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/.exec(text)
  if (text === '' || parts === null) return undefined
  const [, d = 0, h = 0, m = 0, s = 0, ms = 0] = parts
  const total = Number(d) * unitMs.d + Number(h) * unitMs.h + Number(m) * unitMs.m + Number(s) * unitMs.s + Number(ms)
  return total <= longestMs ? total : undefined
}

/** A length of time as plans write it: whole numbers with d, h, m, s, ms, largest first, as in `90s` or `1h30m`; at most 365 days. */
export const durationSchema = z
  .string()
  .max(40)
  .refine((text) => parse(text) !== undefined, {
    error: 'not a duration. Write whole numbers with d, h, m, s or ms, largest first and at most 365d, such as "90s" or "1h30m".',
  })
  .meta({ id: 'Duration', description: 'Whole numbers with d, h, m, s or ms, largest first, such as "90s" or "1h30m".' })

/** The same, where zero would make a wait that never waits or a deadline that has always passed. */
export const positiveDurationSchema = durationSchema.refine((text) => parse(text) !== 0, { error: 'must be longer than zero.' })

/** What was read lately: a release asks for the durations of its plan again and again. */
const known = new Map<string, number>()
const mostKnown = 1_000

/** Milliseconds in a duration that {@link durationSchema} accepted. */
export function durationMs(duration: string): number {
  const ms = known.get(duration) ?? parse(duration)
  if (ms === undefined) throw new RangeError(`"${duration}" is not a duration`)
  if (known.size === mostKnown) known.clear()
  known.set(duration, ms)
  return ms
}

/** A length of time for people: the two largest units that matter, such as `1h 5m` or `3.2s`. */
export function humanDuration(ms: number): string {
  if (ms < 0) return `-${humanDuration(-ms)}`
  if (ms < 1_000) return `${Math.round(ms)}ms`
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)}s`
  const seconds = Math.round(ms / 1_000)
  const [d, h, m, s] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ]
  const words = [
    [d, 'd'],
    [h, 'h'],
    [m, 'm'],
    [s, 's'],
  ] as const
  const first = words.findIndex(([count]) => count > 0)
  return words
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ')
}
