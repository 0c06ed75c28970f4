import { humanDuration } from '../vocabulary/duration.js'
import { html, type Markup } from './html.js'

/** A rectangle of time and values. Instants are epoch milliseconds. */
export interface Frame {
  /** Unique in the page: ties title and description to the drawing. */
  readonly id: string
  readonly title: string
  /** What there is to see, for those who cannot see it. */
  readonly says: string
  /** What times are counted from. */
  readonly origin: number
  readonly from: number
  readonly to: number
  readonly low: number
  readonly high: number
  readonly heightPx: number
  readonly sayValue: (value: number) => string
}

/** Width of the inner drawing in its own units; it is stretched to the width of the page, and its lines are not. */
const span = 10_000
const round = (value: number) => Math.round(value * 100) / 100

/** Where things are in a frame: `x` in inner units, `left` as a percentage, `y` in pixels. */
export function placesIn({ from, to, low, high, heightPx }: Frame) {
  const part = (at: number) => (to > from ? Math.min(1, Math.max(0, (at - from) / (to - from))) : 0)
  return {
    x: (at: number) => Math.round(part(at) * span),
    left: (at: number) => `${round(part(at) * 100)}%`,
    y: (value: number) => round(heightPx - ((Math.min(Math.max(value, low), high) - low) / (high - low)) * heightPx),
  }
}

/**
 * A drawing as wide as the page: shapes stretch, while texts and marks keep their size, so that it can be read on a phone.
 * @param shapes - paths in inner units, drawn below the marks
 * @param marks - placed with percentages
 */
export function plot(frame: Frame, shapes: readonly Markup[], marks: readonly Markup[]): Markup {
  const { id, title, says, heightPx, sayValue } = frame
  const { left, y } = placesIn(frame)
  const grid = niceTicks(frame.low, frame.high).map((value) => {
    const at = y(value)
    return html`<line class="grid" x2="100%" y1="${at}" y2="${at}"/><text class="tick" x="0" y="${at - 3}">${sayValue(value)}</text>`
  })
  const width = frame.to - frame.from
  const axis = timeTicks(frame).map((at) => {
    const [isFirst, isLast] = [at < frame.from + width / 12, at > frame.to - width / 12]
    const anchor = isFirst ? 'start' : isLast ? 'end' : 'middle'
    const says = at === frame.origin ? '0' : humanDuration(at - frame.origin)
    return html`<text class="tick" x="${left(at)}" y="${heightPx + 15}" text-anchor="${anchor}">${says}</text>`
  })
  return html`<svg class="plot" role="img" aria-labelledby="${id}-t ${id}-d" height="${heightPx + 20}"><title id="${id}-t">${title}</title><desc id="${id}-d">${says}</desc>${grid}<svg viewBox="0 0 ${span} ${heightPx}" width="100%" height="${heightPx}" preserveAspectRatio="none" overflow="visible">${shapes}</svg>${marks}${axis}</svg>`
}

/** A line through points; `null` interrupts it. */
export function path(className: string, points: readonly (readonly [x: number, y: number] | null)[]): Markup {
  let isDrawing = false
  const commands = points.map((point) => {
    const command = point === null ? '' : `${isDrawing ? 'L' : 'M'}${point[0]} ${point[1]}`
    isDrawing = point !== null
    return command
  })
  return html`<path class="${className}" d="${commands.join('')}"/>`
}

/** Two to four round values between the bounds. */
function niceTicks(low: number, high: number): number[] {
  const rough = (high - low) / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  )
}

const minutes = [1 / 60, 1 / 12, 1 / 4, 1 / 2, 1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1_440, 2_880, 10_080, 43_200, 129_600]

/** Round times since the origin, at most five. */
function timeTicks({ origin, from, to }: Frame): number[] {
  const steps = minutes.map((count) => count * 60_000)
  const step = steps.find((candidate) => (to - from) / candidate < 5) ?? Math.max(to - from, 1)
  const first = Math.ceil((from - origin) / step)
  return Array.from({ length: Math.floor((to - origin) / step) - first + 1 }, (_, i) => origin + (first + i) * step)
}
