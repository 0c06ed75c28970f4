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
 * The series of a CSV table: the first column is the time (ISO 8601, epoch seconds or epoch milliseconds), every other column
 * a series, called as its heading. An empty cell is a missing value.
 * @throws ReleaseError `input/invalid` naming the line
 */
export function csvSeries(text: string): RecordedSeries[] {
  const [head, ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')))
  if (head === undefined || head.length < 2 || rows.length === 0)
    throw invalid('A CSV recording has a line of headings (time, then the series), and lines of values below it.')
  const instants = rows.map((row, i) => {
    const at = instantOf(row[0] ?? '')
    if (row.length !== head.length || Number.isNaN(at))
      throw invalid(`Line ${i + 2} of the CSV recording has no time, or not one cell for each of the ${head.length} headings.`)
    return at
  })
  return head.slice(1).map((name, column) => {
    return { name, points: rows.map((row, i) => [instants[i]!, numberOf(row[column + 1]!)] as const) }
  })
}

/** Epoch seconds of our time have ten digits, milliseconds thirteen. */
const instantOf = (text: string): number => {
  if (!/^\d+(?:\.\d+)?$/.test(text)) return Date.parse(text)
  const value = Number(text)
  return value < 1e11 ? Math.round(value * 1_000) : value
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
