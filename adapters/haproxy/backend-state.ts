import { ReleaseError } from '../../src/vocabulary/errors.js'

/** The columns of `show stat` that are read here, by their names: their places differ between versions. */
const texts = ['svname', 'status', 'mode', 'algo', 'bck', 'agent_status'] as const
const counts = ['uweight', 'hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'hrsp_other', 'econ', 'eresp'] as const
type Row = Readonly<Record<(typeof texts)[number], string> & Record<(typeof counts)[number], number>>

/** One backend and its servers. */
export const showBackend = (backend: string) => `show stat ${backend} 6 -1`
/** When this process started, and with it its counters. */
export const showProcess = 'show info'

export interface BackendState {
  readonly mode: string
  readonly algorithm: string
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

/**
 * Reads the answer to `showBackend`, by hand: a schema would take as long as HAProxy does.
 * @throws ReleaseError `adapter/rejected` when it is none
 */
export function parseBackend(backend: string, answer: string): BackendState {
  const table = answer.slice(answer.search(/^# /m) + 2)
  const [head = [], ...lines] = table.trimEnd().split('\n').map(fieldsOf)
  const places = new Map(head.map((name, place) => [name, place]))
  const absent = [...texts, ...counts].find((name) => !places.has(name))
  if (absent !== undefined) throw refused(backend, head.length > 1 ? `no column ${absent}.` : answer.trim().slice(-100))
  const rows = lines.map((fields) => rowOf(backend, (name) => fields[places.get(name)!]))
  const whole = rows.find(({ svname }) => svname === 'BACKEND')
  if (whole === undefined) throw refused(backend, 'no row BACKEND.')
  return {
    mode: whole.mode,
    algorithm: whole.algo,
    servers: new Map(rows.filter((row) => row !== whole).map((row) => [row.svname, serverOf(row)])),
  }
}

function rowOf(backend: string, cellOf: (name: string) => string | undefined): Row {
  const row: Record<string, string | number> = {}
  for (const name of texts) row[name] = cellOf(name) ?? ''
  for (const name of counts) {
    // HAProxy leaves empty what does not apply, and numbers are whole.
    const cell = cellOf(name)
    if (cell === undefined || !/^\d*$/.test(cell)) throw refused(backend, `${name} of ${row.svname} is no number.`)
    row[name] = Number(cell)
  }
  return row as Row
}

function refused(backend: string, why: string): ReleaseError {
  const says = `HAProxy does not tell the state of backend "${backend}": ${why} HAProxy 2.6 or later, and the backend's name as configured, are needed.`
  return new ReleaseError('adapter/rejected', says, { backend })
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
