/** A line through points, in the units of the axes. */
export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  readonly isDashed?: boolean
}
export interface Axis {
  readonly title: string
  readonly ticks: readonly number[]
  readonly isLog?: boolean
  readonly say?: (tick: number) => string
}

const [width, left, right, top, bottom] = [720, 64, 16, 44, 50]
const [plotHeight, legendHeight] = [300, 18]
const colours = ['#2f81f7', '#db6d28', '#2da44e', '#a371f7', '#bf8700', '#6e7781']
const style = `text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:15px}.grid{stroke:#8c959f;stroke-opacity:.3}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}}`

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const text = (x: number, y: number, words: string, more = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(words)}</text>`
const drawing = (height: number, title: string, parts: readonly string[]) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"><title>${escaped(title)}</title><style>${style}</style>
${[text(left, 20, title, 'class="title"'), ...parts].join('\n')}
</svg>
`

/** Where values lie on an axis, from 0 at its first tick to 1 at its last. */
function scale({ ticks, isLog = false }: Axis): (value: number) => number {
  const at = isLog ? Math.log : Number
  const [low, high] = [at(ticks[0]!), at(ticks.at(-1)!)]
  return (value) => Math.min(1, Math.max(0, (at(value) - low) / (high - low)))
}

/** Lines over two axes, below their legend; readable on light and on dark ground. What lies beyond the last tick is drawn at it. */
export function lineChart(title: string, x: Axis, y: Axis, lines: readonly Line[]): string {
  const [alongX, alongY] = [scale(x), scale(y)]
  const height = top + legendHeight * (lines.length + 1) + plotHeight + bottom
  const px = (value: number) => left + alongX(value) * (width - left - right)
  const py = (value: number) => height - bottom - alongY(value) * plotHeight
  const across = y.ticks.flatMap((tick) => [
    `<line class="grid" x1="${left}" x2="${width - right}" y1="${py(tick).toFixed(1)}" y2="${py(tick).toFixed(1)}"/>`,
    text(left - 8, py(tick) + 4, (y.say ?? String)(tick), 'text-anchor="end"'),
  ])
  const along = x.ticks.map((tick) => text(px(tick), height - bottom + 20, (x.say ?? String)(tick), 'text-anchor="middle"'))
  const drawn = lines.flatMap(({ name, points, isDashed }, i) => {
    const colour = colours[i % colours.length]
    const path = points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(' ')
    const legend = top + legendHeight * i
    const dash = isDashed ? ' stroke-dasharray="6 5"' : ''
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`,
      `<line x1="${left + 10}" x2="${left + 34}" y1="${legend - 4}" y2="${legend - 4}" stroke="${colour}" stroke-width="3"${dash}/>`,
      text(left + 40, legend, name),
    ]
  })
  return drawing(height, title, [
    ...across,
    ...along,
    text((left + width) / 2, height - 10, x.title, 'text-anchor="middle"'),
    text(left - 8, height - bottom - plotHeight - 12, y.title),
    ...drawn,
  ])
}

/** Horizontal bars, the smaller the better, with their values beside them. */
export function barChart(title: string, bars: readonly { name: string; value: number; says: string }[], isLog = false): string {
  const from = 290
  const least = Math.min(...bars.map(({ value }) => value))
  const along = scale({ title, ticks: [isLog ? least / 2 : 0, Math.max(...bars.map(({ value }) => value))], isLog })
  const drawn = bars.flatMap(({ name, value, says }, i) => {
    const y = top + 26 * i
    const length = Math.max(2, along(value) * (width - from - 150))
    return [
      text(from - 10, y + 14, name, 'text-anchor="end"'),
      `<rect x="${from}" y="${y}" width="${length.toFixed(1)}" height="18" rx="2" fill="${name.startsWith('seq') ? colours[0] : colours[5]}"/>`,
      text(from + length + 8, y + 14, says),
    ]
  })
  return drawing(top + 26 * bars.length + 10, title, drawn)
}
