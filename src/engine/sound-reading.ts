import { type Reading, readingSchema } from '../vocabulary/reading.js'

/** I12: NaN, infinities and whatever else is no reading are data that could not be had, never a number. */
export function soundReading(reading: Reading): Reading {
  if (isPlainlySound(reading) || readingSchema.safeParse(reading).success) return reading
  return { kind: 'missing', reason: 'not-a-number', detail: 'The source answered with something that is no measurement.' }
}

/**
 * Whether a reading is of a common kind and sound: at a tenth of what asking the schema takes, which has the last word on all
 * others. The schema accepts whatever this accepts; a test holds them side by side.
 */
export function isPlainlySound(reading: unknown): boolean {
  if (!isPlain(reading)) return false
  if (reading.kind !== 'cumulative') return isCount(reading, ['exposure'])
  if (!hasKeys(reading, 3) || !Number.isFinite(reading.at) || !isPlain(reading.instances)) return false
  for (const name of Object.keys(reading.instances)) {
    const instance = reading.instances[name]
    if (name === '__proto__' || !isPlain(instance) || !isPlain(instance.value)) return false
    const hasStart = 'startedAt' in instance
    if (!hasKeys(instance, hasStart ? 2 : 1) || (hasStart && !Number.isFinite(instance.startedAt))) return false
    if (!isCount(instance.value, [])) return false
  }
  return true
}

/** @param ofEvents - what stands beside their count */
function isCount(value: Record<string, unknown>, ofEvents: readonly string[]): boolean {
  switch (value.kind) {
    case 'counts':
      return hasKeys(value, 3) && isAmount(value.total) && isAmount(value.bad)
    case 'histogram':
      return hasKeys(value, 3) && areFrom(Number.NEGATIVE_INFINITY, value.bounds) && areFrom(0, value.counts)
    case 'events':
      return hasKeys(value, 2 + ofEvents.length) && isAmount(value.count) && ofEvents.every((key) => isAmount(value[key]))
    default:
      return false
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

const hasKeys = (value: object, count: number) => Object.keys(value).length === count
const isAmount = (value: unknown) => Number.isFinite(value) && (value as number) >= 0

function areFrom(least: number, values: unknown): boolean {
  if (!Array.isArray(values)) return false
  // By index: an iterator makes an object of every number, and there are a hundred at each look.
  for (let i = 0; i < values.length; i++) if (!(Number.isFinite(values[i]) && values[i] >= least)) return false
  return true
}
