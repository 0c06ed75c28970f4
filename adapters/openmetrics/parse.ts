/** `prometheus` is text format 0.0.4, `openmetrics` is OpenMetrics text 1.0. */
export type ExpositionFormat = 'prometheus' | 'openmetrics'

export interface Sample {
  readonly name: string
  /** Without labels whose value is empty, which mean nothing. */
  readonly labels: ReadonlyMap<string, string>
  /** Finite, or `undefined` for NaN, an infinity, a number too large for one, and text that is no number. */
  readonly value: number | undefined
  /** Epoch milliseconds, where the sample has a timestamp of its own. */
  readonly at: number | undefined
}

/** The text is not an exposition. Stays inside the adapter, where it becomes a `missing` measurement. */
export class ExpositionError extends Error {
  override readonly name = 'ExpositionError'
}

// Sticky and without two ways to match the same text, so that time is linear in the length of the line.
const metricName = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/y
const blank = /[ \t]*/y
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

function take(pattern: RegExp, line: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(line)?.[0] ?? ''
}

const skipBlank = (line: string, at: number) => at + take(blank, line, at).length

/** Decimal notation only: no hexadecimal, no white space, no empty text. */
export function finiteNumber(text: string): number | undefined {
  const value = decimal.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

/**
 * Reads one sample line of either format. Exemplars are passed over.
 *
 * @throws ExpositionError
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/ (0.0.4)
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/ (OpenMetrics 1.0)
 */
export function parseSample(line: string, format: ExpositionFormat): Sample {
  const start = skipBlank(line, 0)
  const name = take(metricName, line, start)
  if (name === '') throw new ExpositionError('no metric name where one was expected')
  const afterName = start + name.length
  const brace = skipBlank(line, afterName)
  const labelled = line[brace] === '{'
  if (!labelled && brace === afterName) throw new ExpositionError(`no value after "${name.slice(0, 100)}"`)
  const { labels, end } = labelled ? parseLabels(line, brace + 1) : { labels: new Map<string, string>(), end: brace }
  const [value = '', timestamp, surplus] = (line.slice(end).split('#', 1)[0] ?? '').trim().split(/[ \t]+/, 3)
  if (value === '' || surplus !== undefined) throw new ExpositionError(`not one value and at most one timestamp after "${name}"`)
  return { name, labels, value: finiteNumber(value), at: timestamp === undefined ? undefined : parseTimestamp(timestamp, format) }
}

function parseLabels(line: string, start: number): { labels: Map<string, string>; end: number } {
  const labels = new Map<string, string>()
  let at = skipBlank(line, start)
  while (line[at] !== '}') {
    const name = take(labelName, line, at)
    const equals = skipBlank(line, at + name.length)
    const open = skipBlank(line, equals + 1)
    if (name === '' || line[equals] !== '=' || line[open] !== '"') throw new ExpositionError('a label is not name="value"')
    const close = closingQuote(line, open + 1)
    if (labels.has(name)) throw new ExpositionError(`label "${name}" twice in one line`)
    if (close > open + 1) labels.set(name, unescapeLabel(line.slice(open + 1, close)))
    at = skipBlank(line, close + 1)
    if (line[at] === ',') at = skipBlank(line, at + 1)
    else if (line[at] !== '}') throw new ExpositionError('labels are not closed')
  }
  return { labels, end: at + 1 }
}

function closingQuote(line: string, start: number): number {
  for (let at = start; at < line.length; at += line[at] === '\\' ? 2 : 1) if (line[at] === '"') return at
  throw new ExpositionError('a label value is not closed')
}

/** Both formats know three escapes; before any other character the backslash stands for itself. */
const unescapeLabel = (text: string) => text.replace(/\\([\\"n])/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))

/** Whole milliseconds in 0.0.4, seconds in OpenMetrics. */
function parseTimestamp(text: string, format: ExpositionFormat): number {
  const value = format === 'prometheus' && !/^-?\d+$/.test(text) ? undefined : finiteNumber(text)
  if (value === undefined) throw new ExpositionError('a timestamp is not a number of its format')
  return format === 'prometheus' ? value : value * 1000
}
