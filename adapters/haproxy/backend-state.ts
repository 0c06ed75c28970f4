import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'

/** HAProxy leaves empty what does not apply, and numbers are whole. */
const count = z.string().regex(/^\d*$/).transform(Number)

/** The columns of `show stat` that are read here, by their names: their places differ between versions. */
const rowSchema = z.object({
  svname: z.string(),
  status: z.string(),
  mode: z.string(),
  algo: z.string(),
  bck: z.string(),
  agent_status: z.string(),
  uweight: count,
  hrsp_1xx: count,
  hrsp_2xx: count,
  hrsp_3xx: count,
  hrsp_4xx: count,
  hrsp_5xx: count,
  hrsp_other: count,
  econ: count,
  eresp: count,
})
type Row = z.infer<typeof rowSchema>

/** `show stat` of one backend and its servers; `show info` tells when this process started, and with it its counters. */
export const showBackend = (backend: string) => `show info;show stat ${backend} 6 -1`

export interface BackendState {
  readonly mode: string
  readonly algorithm: string
  /** When this HAProxy process started, epoch milliseconds. */
  readonly startedAt: number
  /** By name, in the order of the configuration. */
  readonly servers: ReadonlyMap<string, Server>
}

export interface Server {
  readonly isBackup: boolean
  readonly hasAgent: boolean
  /** As it is set: 0 to 256. */
  readonly weight: number
  /** In maintenance or drained, so that it gets nothing, whatever its weight. HAProxy says so of a weight of 0 as well. */
  readonly isOut: boolean
  /** Gets traffic if its weight allows: not down, not in maintenance, not drained. */
  readonly isReady: boolean
  readonly counters: Pick<Row, (`hrsp_${string}` & keyof Row) | 'econ' | 'eresp'>
}

/** Reads the answer to `showBackend`. @throws ReleaseError `adapter/rejected` when it is none */
export function parseBackend(backend: string, answer: string): BackendState {
  const [, seconds] = /^Start_time_sec: (\d+)$/m.exec(answer) ?? []
  const [, table] = answer.split('\n# ')
  const [head = [], ...lines] = (table ?? '').trim().split('\n').map(fieldsOf)
  const columns = Object.keys(rowSchema.shape).map((name) => [name, head.indexOf(name)] as const)
  const cells = lines.map((fields) => Object.fromEntries(columns.map(([name, place]) => [name, fields[place]])))
  const { data: rows, error } = z.array(rowSchema).min(1).safeParse(cells)
  const whole = rows?.find(({ svname }) => svname === 'BACKEND')
  if (rows === undefined || whole === undefined || seconds === undefined) {
    const [last = ''] = answer.trim().split('\n').slice(-1)
    const why =
      error?.issues[0] && table !== undefined
        ? `${error.issues[0].path.join('.')}: ${error.issues[0].message}`
        : last.slice(0, 100)
    throw new ReleaseError(
      'adapter/rejected',
      `HAProxy does not tell the state of backend "${backend}": ${why} HAProxy 2.6 or later, and the backend's name as configured, are needed.`,
      { backend },
    )
  }
  return {
    mode: whole.mode,
    algorithm: whole.algo,
    startedAt: Number(seconds) * 1000,
    servers: new Map(rows.filter((row) => row !== whole).map((row) => [row.svname, serverOf(row)])),
  }
}

const serverOf = ({ status, bck, agent_status, uweight, ...counters }: Row): Server => ({
  isBackup: bck === '1',
  hasAgent: agent_status !== '',
  weight: uweight,
  isOut: /^(?:MAINT|DRAIN)/.test(status),
  isReady: /^(?:UP|no check)/.test(status),
  counters,
})

/** One line of CSV; health checks quote what a server said, commas and all. */
function fieldsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',')
  return [...line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}
