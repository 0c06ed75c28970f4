import { expect, test } from 'vitest'
import { type HaproxyOptions, haproxyMetrics } from '../../../adapters/haproxy/index.js'
import type { Json } from '../../../src/vocabulary/canonical-json.js'
import { cumulativeSchema } from '../../../src/vocabulary/reading.js'
import { fakeHaproxy, recorded } from './fake-haproxy.js'

const serversOf: HaproxyOptions['serversOf'] = async (_, version) =>
  ({ v1: ['blue1', 'blue2'], v2: ['green1'], v3: [], v4: ['green1', 'gone'] })[version] ?? ['gone']
const bad = { bad: ['5xx', 'connection-error', '5xx'] }

async function read(
  answer: string,
  versions: { canary: string; control?: string },
  queries: Record<string, Json> = { errors: bad },
) {
  const source = haproxyMetrics({ socket: await fakeHaproxy(() => answer), backend: 'app', serversOf })
  return source.read(
    { unit: 'checkout', versions, queries, from: 1_000, to: 2_000 },
    { signal: new AbortController().signal, idempotencyKey: 'r/1', fencingToken: 1 },
  )
}

/** The recorded answer, with other counts for one server. */
function counting(server: string, counts: Record<string, number>): string {
  const [before, head = ''] = recorded('show-backend').split('\n# ')
  const [names = '', ...rows] = head.split('\n')
  const columns = names.split(',')
  const changed = rows.map((row) => {
    const cells = row.split(',')
    return cells[1] === server ? cells.map((cell, i) => `${counts[columns[i]!] ?? cell}`).join(',') : row
  })
  return `${before}\n# ${[names, ...changed].join('\n')}`
}

test('requests are counted by server and by how they ended, since the process started', async () => {
  const answer = counting('green1', { hrsp_2xx: 90, hrsp_3xx: 4, hrsp_5xx: 3, econ: 2, eresp: 1, stot: 7_777 })
  const look = await read(answer, { canary: 'v2', control: 'v1' })
  const startedAt = Number(/Start_time_sec: (\d+)/.exec(answer)?.[1]) * 1000
  expect(look.errors?.canary).toEqual({
    kind: 'cumulative',
    at: 2_000,
    instances: { green1: { startedAt, value: { kind: 'counts', total: 100, bad: 5 } } },
  })
  expect(Object.keys(cumulativeSchema.parse(look.errors?.control).instances)).toEqual(['blue1', 'blue2'])
})

test.each([
  ['v3', 'empty'],
  ['v4', 'partial'],
  ['v5', 'empty'],
])('a version whose servers are not all there is missing: %s', async (canary, reason) => {
  const look = await read(recorded('show-backend'), { canary })
  expect(look.errors).toEqual({
    canary: expect.objectContaining({ kind: 'missing', reason }),
    control: expect.objectContaining({ kind: 'missing', reason: 'empty' }),
  })
})

test('a backend that does not understand HTTP is refused', async () => {
  await expect(read(recorded('show-backend').replaceAll(',http,', ',tcp,'), { canary: 'v2' })).rejects.toMatchObject({
    code: 'adapter/rejected',
    message: expect.stringContaining('mode tcp'),
  })
})

test.each<[string, Json]>([
  ['nothing that is bad', { bad: [] }],
  ['an unknown end', { bad: ['6xx'] }],
  ['a query of another source', { total: { name: 'x' }, bad: { name: 'y' } }],
])('%s is refused before the release', (_, query) => {
  const source = haproxyMetrics({ socket: { path: '/nowhere' }, backend: 'app', serversOf })
  expect(() => source.check({ errors: query })).toThrow(
    expect.objectContaining({ code: 'plan/incapable', message: expect.stringContaining('"errors"') }),
  )
})
