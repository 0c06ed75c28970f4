import type { MetricsRequest, MetricsSource } from '../../ports/metrics-source.js'
import { canonicalJson, type Json } from '../../vocabulary/canonical-json.js'
import { type Reading, readingSchema } from '../../vocabulary/reading.js'
import { call, ensure, frozen, givenUp, isRefused, type Law, lawsOf, shown } from './law.js'

/** A metrics source to try, and what to ask it. */
export interface MetricsSourceSubject {
  readonly source: MetricsSource
  /** Every reading is there, and those of the canary differ from those of the control. The product stands still meanwhile. */
  readonly request: MetricsRequest & { readonly versions: { readonly canary: string; readonly control: string } }
  /** A query that the source cannot answer. */
  readonly impossible?: Json
  /** A version of which nothing was ever measured. */
  readonly absentVersion?: string
  /** An interval in which nothing was measured. Only for sources that answer for any interval. */
  readonly quiet?: { readonly from: number; readonly to: number }
  /** From then on the product does not answer. */
  readonly breakDown?: () => void | Promise<void>
}

const law = lawsOf<MetricsSourceSubject>()

/** What every adapter of `MetricsSource` obeys. */
export const metricsSourceLaws: readonly Law<MetricsSourceSubject>[] = [
  law('MS1', 'every metric is read for both versions, in the form that was announced', [], async ({ source, request }) => {
    for (const [metric, pair] of Object.entries(await read(source, request)))
      for (const reading of [pair.canary, pair.control]) {
        const { kind } = reading
        ensure(readingSchema.safeParse(reading).success, `${metric} is no reading: ${shown(reading)}`)
        ensure(kind !== 'missing', `${metric} should be there, and is ${shown(reading)}`)
        const isAnnounced =
          source.temporality === 'interval' ? kind !== 'cumulative' : !['counts', 'histogram', 'events'].includes(kind)
        ensure(isAnnounced, `${metric} is ${kind}, from a source that says ${source.temporality}`)
      }
  }),

  law('MS2', 'each version has its own readings, whichever place it has in the question', [], async ({ source, request }) => {
    const { canary, control } = request.versions
    const straight = await read(source, request)
    const crossed = await read(source, { ...request, versions: { canary: control, control: canary } })
    for (const metric of Object.keys(request.queries)) {
      ensure(
        !isSame(straight[metric]!.canary, straight[metric]!.control),
        `${metric} is the same for both versions, so that they cannot be told apart`,
      )
      const isOwn =
        isSame(straight[metric]!.canary, crossed[metric]!.control) && isSame(straight[metric]!.control, crossed[metric]!.canary)
      ensure(isOwn, `${metric} of one version is taken for the other's`)
    }
  }),

  law('MS3', 'a metric reads the same alone and among others', [], async ({ source, request }) => {
    const all = await read(source, request)
    for (const [metric, query] of Object.entries(request.queries)) {
      const alone = await read(source, { ...request, queries: { [metric]: query } })
      for (const cohort of ['canary', 'control'] as const)
        ensure(isSame(alone[metric]![cohort], all[metric]![cohort]), `${metric} of the ${cohort} depends on what else was asked`)
    }
  }),

  law('MS4', 'reading uses nothing up: asked again, the answer is the same', [], async ({ source, request }) => {
    const first = await read(source, request)
    const second = await read(source, request)
    for (const metric of Object.keys(request.queries))
      for (const cohort of ['canary', 'control'] as const)
        ensure(isSame(first[metric]![cohort], second[metric]![cohort]), `${metric} of the ${cohort} changed by being read`)
  }),

  law('MS5', 'where nothing was live before, the control is missing and the canary is not', [], async ({ source, request }) => {
    const both = await read(source, request)
    const alone = await read(source, { ...request, versions: { canary: request.versions.canary } })
    for (const [metric, { canary, control }] of Object.entries(alone)) {
      ensure(control.kind === 'missing', `the control of ${metric} is ${shown(control)}`)
      ensure(isSame(canary, both[metric]!.canary), `${metric} of the canary depends on whether there is a control`)
    }
  }),

  law(
    'MS6',
    'of a version that nothing is known of, everything is missing: no error, no zero',
    ['absentVersion'],
    async (subject) => {
      const { source, request, absentVersion } = subject
      const versions = { ...request.versions, canary: absentVersion }
      for (const [metric, { canary, control }] of Object.entries(await read(source, { ...request, versions }))) {
        ensure(canary.kind === 'missing', `${metric} of ${absentVersion} is ${shown(canary)}`)
        ensure(control.kind !== 'missing', `${metric} of the control is missing too`)
      }
    },
  ),

  law('MS7', 'samples from outside the interval do not enter', ['quiet'], async ({ source, request, quiet }) => {
    for (const [metric, pair] of Object.entries(await read(source, { ...request, ...quiet })))
      for (const reading of [pair.canary, pair.control])
        ensure(reading.kind === 'missing', `${metric} of an interval without samples is ${shown(reading)}`)
  }),

  law('MS8', 'queries that can be answered are admitted', [], async ({ source, request }) => {
    source.check(frozen(structuredClone(request.queries)))
    source.check({})
  }),

  law(
    'MS9',
    'a query that cannot be answered is refused before the release starts, by its name',
    ['impossible'],
    async (subject) => {
      const { source, request, impossible } = subject
      const { code, message } = await isRefused('checking it', async () =>
        source.check({ ...request.queries, 'odd-one': impossible }),
      )
      ensure(code === 'plan/incapable', `it should be plan/incapable, and got ${code}`)
      ensure(message.includes('odd-one'), `the message does not name it: ${message}`)
    },
  ),

  law('MS10', 'a source that does not answer gives no number', ['breakDown'], async ({ source, request, breakDown }) => {
    await breakDown()
    const readings = await source.read(request, call()).catch(async (error: unknown) => {
      const { code } = await isRefused('reading', () => Promise.reject(error))
      ensure(code.startsWith('adapter/'), `the adapter failed, and said ${code}`)
      return {}
    })
    for (const [metric, { canary, control }] of Object.entries(readings))
      ensure(canary.kind === 'missing' && control.kind === 'missing', `${metric} is ${shown({ canary, control })}`)
  }),

  law('MS11', 'a call that was given up before it began reads nothing', [], async ({ source, request }) => {
    await isRefused('reading', () => source.read(request, givenUp()))
  }),
]

/** Answers for what was asked, and for nothing else. */
async function read(source: MetricsSource, request: MetricsRequest): ReturnType<MetricsSource['read']> {
  const readings = await source.read(frozen(structuredClone(request)), call())
  const [asked, told] = [Object.keys(request.queries).sort(), Object.keys(readings).sort()]
  ensure(canonicalJson(asked) === canonicalJson(told), `asked for ${asked.join(', ')}, it answered for ${told.join(', ')}`)
  return readings
}

/** But for the instant at which counters were read. */
function isSame(one: Reading, other: Reading): boolean {
  const timeless = (reading: Reading) => canonicalJson(reading.kind === 'cumulative' ? { ...reading, at: 0 } : reading)
  return timeless(one) === timeless(other)
}
