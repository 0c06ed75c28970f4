import type { Fact } from './fact.js'
import { html, type Markup } from './html.js'
import { type Frame, path, placesIn, plot } from './plot.js'
import { thin } from './thin.js'
import type { WeightLine } from './timeline.js'
import { sayOffset, sayWeight } from './words.js'

/** A decision with its number in the report. */
export type NumberedDecision = Fact & { readonly number: number }

/** More points than a drawing has pixels are not drawn. */
export const mostPoints = 800
/** Marks closer than this part of the width would cover each other; the later one goes into the next row. */
const markWidth = 0.05
const markRows = 3
const rowPx = 22

/** The weight of one track over time, with the decisions about it marked above. */
export function weightPlot(
  { track, points }: WeightLine,
  decisions: readonly NumberedDecision[],
  from: number,
  to: number,
  id: string,
): Markup {
  const steps = thin(points, mostPoints, ({ weight }) => weight)
  const last = steps.at(-1)?.weight ?? 0
  const says = points
    .map(({ at, weight }) => `${sayWeight(weight)} from ${sayOffset(at - from)}`)
    .slice(0, 50)
    .join(', ')
  const frame: Frame = {
    id,
    title: `Weight of ${track} over time`,
    says,
    origin: from,
    from,
    to,
    low: 0,
    high: 100,
    heightPx: 96,
    sayValue: sayWeight,
  }
  const { x, y, left } = placesIn(frame)
  const stairs = steps.flatMap(({ at, weight }, i) => {
    const before = steps[i - 1]?.weight
    return [...(before === undefined ? [] : [[x(at), y(before)] as const]), [x(at), y(weight)] as const]
  })
  const line = [...stairs, [x(to), y(last)] as const]
  const area = [[line[0]![0], y(0)] as const, ...line, [x(to), y(0)] as const]
  const meant = decisions.filter((decision) => decision.track === track || decision.track === null)
  const rules = meant.map(
    ({ at, tone }) => html`<line class="decided ${tone}" x1="${left(at)}" x2="${left(at)}" y1="0" y2="96"/>`,
  )
  const placed = inRows(meant, from, to)
  const rows = Math.max(0, ...placed.map(({ row }) => row + 1))
  return html`<div class="marks" style="height:${rows * rowPx}px">${placed.map(
    ({ decision, row }) =>
      html`<a class="mark ${decision.tone}" style="left:${left(decision.at)};top:${row * rowPx}px" href="#decision-${decision.number}" title="${decision.says}">${decision.number}</a>`,
  )}</div>${plot(frame, [path('area', area), path('canary', line)], rules)}`
}

function inRows(decisions: readonly NumberedDecision[], from: number, to: number) {
  const ends = new Array<number>(markRows).fill(Number.NEGATIVE_INFINITY)
  return decisions.map((decision) => {
    const place = (decision.at - from) / Math.max(to - from, 1)
    const row = Math.max(
      0,
      ends.findIndex((end) => place >= end),
    )
    ends[row] = place + markWidth
    return { decision, row }
  })
}
