import type { ReleaseSnapshot } from '../lifecycle/release.js'
import type { Clock } from '../ports/clock.js'
import type { JournalRecord } from '../ports/journal.js'
import type { Observer } from '../ports/observer.js'
import { plainLog } from './github.js'
import { momentOf } from './moment.js'
import { progressBlock } from './progress-block.js'
import { lastingLines, logLines } from './progress-lines.js'
import { paint, Screen, shorten } from './terminal.js'
import { visible } from './visible.js'

export interface ProgressOptions {
  /** Where the text goes. What it throws is dropped: a closed pipe never disturbs a release. */
  readonly write: (text: string) => void
  readonly clock: Clock
  /** Whether `write` leads to a terminal that a person looks at. Otherwise plain lines are written, one for each fact. */
  readonly isTty: boolean
  /** Asked at each drawing, so that the view follows the window. Default: 80 columns, 24 rows. */
  readonly size?: () => { readonly columns: number; readonly rows: number }
  /** Default: on a terminal. Say `false` for `NO_COLOR`. */
  readonly color?: boolean
  /** `github`: plain lines, and decisions as annotations of the run. Default `none`. */
  readonly ci?: 'github' | 'none'
}

/** Live progress, for a person at a terminal or for a log. */
export interface ProgressView extends Observer {
  /** One line of the caller's own, such as where a report lies. */
  note(text: string): void
  /** Draws once more and stops the clock; nothing is written any more. */
  close(): void
}

/** Between two drawings: at least so long when something happens, and so long when only time passes. Milliseconds. */
const quickestMs = 100
const tickMs = 1_000

interface Followed {
  readonly startedAt: number
  readonly seq: number
  readonly snapshot: ReleaseSnapshot
}

/**
 * Shows releases as they go. A view that joins a release under way is given its earlier records first; records that it has
 * already seen are ignored. It never throws.
 */
export function progressView(options: ProgressOptions): ProgressView {
  const { write, clock, isTty, ci = 'none', color = isTty, size = () => ({ columns: 80, rows: 24 }) } = options
  const isLive = isTty && ci === 'none'
  const followed = new Map<string, Followed | 'lost'>()
  const screen = new Screen()
  const history: string[] = []
  let drawing: { readonly at: number; readonly cancel: () => void } | undefined
  let drawnAt = Number.NEGATIVE_INFINITY
  let isClosed = false

  const put = (text: () => string) => {
    try {
      write(text())
    } catch {
      // The reader is gone; the release is not.
    }
  }

  function drawBy(at: number): void {
    if (isClosed || (drawing && drawing.at <= at)) return
    drawing?.cancel()
    drawing = { at, cancel: clock.at(at, draw) }
  }

  function draw(): void {
    drawing?.cancel()
    drawing = undefined
    drawnAt = clock.now()
    const live = [...followed.values()].filter((one) => one !== 'lost').filter(({ snapshot }) => isUnderWay(snapshot))
    put(() => {
      const { columns, rows } = size()
      const each = Math.max(2, Math.floor((rows - 2) / Math.max(live.length, 1)))
      const region = live.flatMap(({ snapshot, startedAt }) => progressBlock(snapshot, startedAt, drawnAt, each))
      const lines = [...(live.length > 0 ? [[]] : []), ...region]
        .slice(0, rows - 1)
        .map((spans) => paint(shorten(spans, columns), color))
      return screen.update(history.splice(0), lines)
    })
    if (live.length > 0) drawBy(drawnAt + tickMs)
  }

  function say(lines: readonly string[]): void {
    if (lines.length === 0) return
    if (isLive) history.push(...lines)
    else put(() => lines.map((line) => `${line}\n`).join(''))
  }

  function follow(record: JournalRecord): string[] {
    const known = followed.get(record.release)
    if (known === 'lost' || (known && record.seq <= known.seq)) return []
    try {
      if (record.seq !== (known?.seq ?? 0) + 1) throw new Error('Records before it are missing. Give them to the view first.')
      const moment = momentOf(known?.snapshot, record)
      const startedAt = known?.startedAt ?? moment.after.at
      followed.set(record.release, { startedAt, seq: record.seq, snapshot: moment.after })
      return isLive ? lastingLines(moment, startedAt, color) : logLines(moment, startedAt, ci)
    } catch (error) {
      followed.set(record.release, 'lost')
      const why = error instanceof Error ? error.message : String(error)
      return [plainLog(visible(`${record.release} cannot be shown from record ${record.seq} on. ${why}`))]
    }
  }

  function show(lines: readonly string[]): void {
    if (isClosed) return
    say(lines)
    if (!isLive) return
    if (clock.now() >= drawnAt + quickestMs) draw()
    else drawBy(drawnAt + quickestMs)
  }

  return {
    record: (record) => show(isClosed ? [] : follow(record)),
    note: (text) => show([isLive ? visible(text) : plainLog(visible(text))]),
    close() {
      if (isLive && !isClosed) draw()
      drawing?.cancel()
      isClosed = true
    },
  }
}

const isUnderWay = ({ phase }: ReleaseSnapshot) => phase === 'proposed' || phase === 'running'
