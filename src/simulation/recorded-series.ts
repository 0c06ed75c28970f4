import { z } from 'zod'
import { ReleaseError } from '../vocabulary/errors.js'

/** One series as it was recorded. */
export interface RecordedSeries {
  readonly name: string
  /** Epoch milliseconds and value, as they came: checked when they are used. */
  readonly points: readonly (readonly [at: number, value: number])[]
}

const sample = z.tuple([z.number(), z.string()])
const matrixSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(sample) })).max(10_000),
  }),
})

/**
 * The series of an answer of Prometheus to `query_range`, as its HTTP API gives it. They are called as Prometheus writes them,
 * with labels in alphabetical order: `http_requests_total{code="500",version="v2"}`.
 * @param answer - JSON text, or what it parses to
 * @throws ReleaseError `input/invalid` for anything else
 */
export function prometheusSeries(answer: unknown): RecordedSeries[] {
  const parsed = matrixSchema.safeParse(typeof answer === 'string' ? jsonOf(answer) : answer)
  if (!parsed.success) throw invalid(`This is no answer to query_range: ${z.prettifyError(parsed.error)}`)
  return parsed.data.data.result.map(({ metric: { __name__: name = '', ...labels }, values }) => {
    const pairs = Object.keys(labels)
      .toSorted()
      .map((label) => `${label}=${JSON.stringify(labels[label])}`)
    const full = pairs.length > 0 || name === '' ? `${name}{${pairs.join(',')}}` : name
    return { name: full, points: values.map(([seconds, value]) => [Math.round(seconds * 1_000), numberOf(value)] as const) }
  })
}

/**
 * The series of a CSV table: the first column is the time (ISO 8601 with its offset, epoch seconds or epoch milliseconds),
 * every other column a series, called as its heading. Headings with commas are in quotes. An empty cell is a missing value.
 * @throws ReleaseError `input/invalid` naming the line
 */
export function csvSeries(text: string): RecordedSeries[] {
  const [head, ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map(cellsOf)
  if (head === undefined || head.length < 2 || rows.length === 0)
    throw invalid('A CSV recording has a line of headings (time, then the series), and lines of values below it.')
  const instants = rows.map((row, i) => {
    const at = instantOf(row[0] ?? '')
    if (row.length !== head.length || Number.isNaN(at))
      throw invalid(
        `Line ${i + 2} of the CSV recording has no time (as in 2026-05-01T08:00:00Z, or since 1970), or not one cell for each of the ${head.length} headings.`,
      )
    if (isSeconds(row[0]!) !== isSeconds(rows[0]![0]!))
      throw invalid(`Line ${i + 2} of the CSV recording mixes seconds with other times. Write all times in one unit.`)
    return at
  })
  return head.slice(1).map((name, column) => {
    return { name, points: rows.map((row, i) => [instants[i]!, numberOf(row[column + 1]!)] as const) }
  })
}

/** RFC 4180: what is in quotes may hold commas, and quotes twice. */
const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?<=^|,)\s*(?:"((?:[^"]|"")*)"\s*|([^,"]*))(?=,|$)/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain.trim(),
  )

/** Epoch seconds of our time have ten digits, milliseconds thirteen. */
const isSeconds = (text: string) => /^\d+(?:\.\d+)?$/.test(text) && Number(text) < 1e11

/** A time of day without its offset is another instant on another machine. */
function instantOf(text: string): number {
  if (isSeconds(text)) return Math.round(Number(text) * 1_000)
  if (/^\d+$/.test(text)) return Number(text)
  return /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
}

const numberOf = (text: string) => (text === '' ? Number.NaN : Number(text))

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid(`The recording is not JSON: ${(error as Error).message}`)
  }
}

export const invalid = (message: string, details: Record<string, string | number> = {}) =>
  new ReleaseError('input/invalid', message, details)
