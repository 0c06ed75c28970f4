import { sayNumber } from '../analysis/wording.js'
import { html, type Markup } from './html.js'
import type { MetricPoint, MetricSeries } from './metric-series.js'
import { type Frame, path, placesIn, plot } from './plot.js'
import { thin } from './thin.js'
import { mostPoints } from './weight-plot.js'
import { sayOffset, shortOutcome } from './words.js'

/** Rows in the table beside a plot. */
const mostRows = 200
/** With more points than this, only those that did not pass are marked. */
const mostMarks = 150
/** A bound this many times as high as everything measured is named, and not drawn. */
const farAway = 4

/** Canary against control, with bounds, band and verdicts. */
export function metricPlot(series: MetricSeries, origin: number, id: string): Markup {
  const { name, track, points } = series
  const say = (value: number | null) => (value === null ? '' : sayNumber(series.isFraction ? value * 100 : value, series.unit))
  const drawn = thin(points, mostPoints, ({ canary }) => canary)
  const { low, high } = reach(points)
  const frame: Frame = {
    id,
    title: `${name} of ${track}`,
    says: describe(series, say),
    origin,
    from: drawn[0]?.at ?? origin,
    to: drawn.at(-1)?.at ?? origin,
    low,
    high,
    heightPx: 150,
    sayValue: say,
  }
  const { x, y, left } = placesIn(frame)
  const line = (className: string, value: (point: MetricPoint) => number | null) =>
    path(
      className,
      drawn.map((point) => {
        const found = value(point)
        return found === null || found > frame.high ? null : [x(point.at), y(found)]
      }),
    )
  const isBanded = drawn.some((point) => point.low !== null || point.high !== null)
  const band = drawn.filter((point) => point.canary !== null && (point.low !== null || point.high !== null))
  const shape = [
    ...band.map((point) => [x(point.at), y(point.high ?? frame.high)] as const),
    ...band.toReversed().map((point) => [x(point.at), y(point.low ?? frame.low)] as const),
  ]
  const shapes = [
    ...(isBanded ? [path('band', shape)] : []),
    line('bound', ({ ceiling }) => ceiling),
    line('bound', ({ floor }) => floor),
    line('control', ({ control }) => control),
    line('canary', ({ canary }) => canary),
  ]
  const marked = drawn.length > mostMarks ? drawn.filter(({ outcome }) => outcome !== 'pass') : drawn
  const marks = marked.map(({ at, outcome, canary }) =>
    verdictMark[outcome](left(at), canary === null ? frame.heightPx : y(canary)),
  )
  return html`<figure><figcaption><h4>${name}</h4>${legend(series, say)}</figcaption>${plot(frame, shapes, marks)}${table(series, origin, say)}</figure>`
}

type Say = (value: number | null) => string

/** From the lowest to the highest of everything that is drawn, with some air above; from zero where nothing is below it. */
function reach(points: readonly MetricPoint[]): { low: number; high: number } {
  let [low, high] = [0, 0]
  const stretch = (value: number | null, isWithin: (value: number) => boolean = () => true) => {
    if (value === null || !isWithin(value)) return
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  for (const { canary, control } of points) for (const value of [canary, control]) stretch(value)
  const most = high * farAway
  for (const { ceiling, floor, low, high } of points)
    for (const bound of [ceiling, floor, low, high]) stretch(bound, (value) => value <= most)
  return { low, high: high > low ? low + (high - low) * 1.08 : low + 1 }
}

const verdictMark: Record<MetricPoint['outcome'], (left: string, y: number) => Markup> = {
  pass: (left, y) => html`<circle class="dot pass" cx="${left}" cy="${y}" r="2.5"/>`,
  inconclusive: (left, y) => html`<circle class="dot inconclusive" cx="${left}" cy="${y}" r="4"/>`,
  fail: (left, y) => html`<svg x="${left}" y="${y}" overflow="visible"><path class="cross" d="M-5-5 5 5M5-5-5 5"/></svg>`,
}

function describe({ points, labels }: MetricSeries, say: Say): string {
  const last = points.findLast(({ canary }) => canary !== null)
  const count = (outcome: MetricPoint['outcome']) => points.filter((point) => point.outcome === outcome).length
  const against = last?.control == null ? '' : ` against ${say(last.control)} ${labels?.control ?? 'of control'}`
  return `${points.length} looks: ${count('pass')} passed, ${count('inconclusive')} undecided, ${count('fail')} failed. Last value ${say(last?.canary ?? null)}${against}.`
}

function legend({ points, labels }: MetricSeries, say: Say): Markup {
  const has = (key: keyof MetricPoint) => points.some((point) => point[key] !== null)
  const last = points.at(-1)
  const bound =
    last?.ceiling != null ? `at most ${say(last.ceiling)}` : last?.floor != null ? `at least ${say(last.floor)}` : 'bound'
  const entry = (className: string, says: string) =>
    html`<span><svg class="key" width="18" height="8" aria-hidden="true"><path class="${className}" d="M0 4H18"/></svg>${says}</span>`
  return html`<p class="legend">${[
    entry('canary', labels?.canary ?? (has('control') || !has('low') ? 'canary' : 'canary / control')),
    has('control') && entry('control', labels?.control ?? 'control'),
    (has('ceiling') || has('floor')) && entry('bound', labels?.bound ?? bound),
    (has('low') || has('high')) && entry('band-key', 'confidence'),
    points.some(({ outcome }) => outcome === 'inconclusive') && html`<span><b class="undecided-key">○</b>undecided</span>`,
    points.some(({ outcome }) => outcome === 'fail') && html`<span><b class="fail-key">✕</b>failed</span>`,
  ]}</p>`
}

function table({ name, labels, points }: MetricSeries, origin: number, say: Say): Markup {
  const rows = thin(points, mostRows, ({ canary }) => canary)
  const columns = [
    ['canary', labels?.canary ?? 'Canary'],
    ['control', labels?.control ?? 'Control'],
    ['ceiling', labels?.bound ?? 'At most'],
    ['floor', 'At least'],
    ['low', 'Band from'],
    ['high', 'Band to'],
  ] as const
  const shown = columns.filter(([key]) => points.some((point) => point[key] !== null))
  return html`<details><summary>Values${rows.length < points.length && `, ${rows.length} of ${points.length} looks`}</summary><div class="scroll" tabindex="0"><table aria-label="${name}"><thead><tr><th scope="col">After</th><th scope="col">Look</th>${shown.map(([, title]) => html`<th scope="col">${title}</th>`)}</tr></thead><tbody>${rows.map(
    (point) =>
      html`<tr><td>${sayOffset(point.at - origin)}</td><td>${shortOutcome[point.outcome]}</td>${shown.map(([key]) => html`<td class="number">${say(point[key])}</td>`)}</tr>`,
  )}</tbody></table></div></details>`
}
