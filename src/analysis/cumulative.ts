import type { Measurement, MissingReason } from '../vocabulary/measurement.js'
import type { Cumulative, Reading } from '../vocabulary/reading.js'

type Instance = Cumulative['instances'][string]

/**
 * What happened to one cohort between two readings of its counters. Readings that are measurements already, such as gauges,
 * are passed on. The reading of one look is all that the next one needs to remember.
 *
 * C1 A counter that went back, or a process that started since, was reset: what it shows is what it counted since then.
 * C2 An instance that appears counts in full when its process started in between; otherwise this reading is its baseline.
 * C3 An instance that vanishes took its last counts with it, so that the whole is `partial`: it may be the one that crashed.
 *
 * @param previous - the last reading that was cumulative; `undefined` at the first
 */
export function difference(previous: Cumulative | undefined, current: Reading): Measurement {
  if (current.kind !== 'cumulative') return current
  const entries = Object.entries(current.instances)
  const [first] = entries
  if (first === undefined) return missing('empty', 'The source knows no such series.')
  const [, { value: shape }] = first
  const odd = entries.find(([, { value }]) => !isAlike(value, shape))
  if (odd !== undefined) return missing('ambiguous', `${first[0]} and ${odd[0]} count differently, or in different buckets.`)
  if (previous === undefined) return missing('first-look', 'Counters need a second reading before they say anything.')
  if (current.at <= previous.at) return missing('late', 'These counters are no newer than those of the look before.')
  const gone = Object.keys(previous.instances).filter((name) => !Object.hasOwn(current.instances, name))
  if (gone.length > 0)
    return missing('partial', `${gone.length} of the instances of the look before are gone, ${gone[0]} among them.`)

  const watched = entries.flatMap(([name, instance]) => {
    const before = Object.hasOwn(previous.instances, name) ? previous.instances[name] : undefined
    return since(before, previous.at, instance, current.at) ?? []
  })
  if (watched.length === 0) return missing('first-look', 'Every instance is new, so that its counters need a second reading.')
  const sums = watched.reduce((sums, { counted }) => counted.map((count, i) => count + (sums[i] ?? 0)), [] as readonly number[])
  const exposure = watched.reduce((sum, { seconds }) => sum + seconds, 0)
  if (![...sums, exposure].every(Number.isFinite)) return missing('not-a-number', 'These counters are too high to be added up.')
  if (shape.kind === 'counts') return { kind: 'counts', total: sums[0]!, bad: sums[1]! }
  if (shape.kind === 'histogram') return { kind: 'histogram', bounds: shape.bounds, counts: [...sums] }
  return { kind: 'events', count: sums[0]!, exposure }
}

const missing = (reason: MissingReason, detail: string): Measurement => ({ kind: 'missing', reason, detail })

/** What an instance counted between two readings, and for how many seconds; `undefined` where the second is its baseline. */
function since(before: Instance | undefined, beforeAt: number, now: Instance, nowAt: number) {
  const { startedAt } = now
  const isStarted = startedAt !== undefined && startedAt > beforeAt && startedAt <= nowAt
  if (before !== undefined && !isAlike(before.value, now.value)) return undefined
  if (before === undefined && !isStarted) return undefined
  const after = counters(now)
  const base = before === undefined || isStarted ? [] : counters(before)
  // Buckets read while they are written may each seem to go back a little: there the sum tells a reset, and none gains less than nothing.
  const isReset = now.value.kind === 'histogram' ? sum(after) < sum(base) : after.some((count, i) => count < (base[i] ?? 0))
  return {
    counted: isReset ? after : after.map((count, i) => Math.max(0, count - (base[i] ?? 0))),
    seconds: (nowAt - (isStarted ? startedAt : beforeAt)) / 1_000,
  }
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)

function counters({ value }: Instance): readonly number[] {
  if (value.kind === 'counts') return [value.total, value.bad]
  return value.kind === 'histogram' ? value.counts : [value.count]
}

function isAlike(a: Instance['value'], b: Instance['value']): boolean {
  if (a.kind !== 'histogram' || b.kind !== 'histogram') return a.kind === b.kind
  return a.bounds.join() === b.bounds.join() && a.counts.length === b.counts.length
}
