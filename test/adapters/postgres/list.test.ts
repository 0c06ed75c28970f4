import { expect, test } from 'vitest'
import type { PostgresJournal, ReleaseFilter } from '../../../adapters/postgres/index.js'
import { freshDatabase, poolFor } from '../../support/postgres.js'
import { collect, record } from '../file/fixture.js'
import { freshSchema, hold, openForTest } from './fixture.js'

const pool = poolFor(await freshDatabase())
const proposed = (name: string, ...units: string[]) => ({
  event: { type: 'release.proposed', plan: { name, units: Object.fromEntries(units.map((unit) => [unit, {}])) } },
  moves: [],
})
const moved = (to: string, track = 'prod/api') => ({ event: { type: 'x' }, moves: [{ track, from: '', to }] })

/** Four releases: one is over, two are under way, one has just been proposed. */
async function four() {
  const schema = await freshSchema(pool)
  const journal = await openForTest({ pool, schema, holder: 'tower' })
  await begin(journal, 'old', proposed('shop', 'api', 'store'), moved('verifying.watching'), moved('promoted'))
  await begin(journal, 'stuck', proposed('shop', 'api', 'store'), moved('held'))
  await begin(journal, 'back', proposed('site', 'web'), moved('rollingBack.shifting'))
  await begin(journal, 'new', proposed('search', 'api'))
  return { schema, journal }
}

async function begin(journal: PostgresJournal, release: string, ...bodies: unknown[]): Promise<void> {
  await hold(journal.lease, release)
  for (const [i, body] of bodies.entries())
    await journal.append({ ...record(release, i + 1, body), at: 1_000 * release.length + i })
}

test('a status page says of each release where it stands, since when, and who drives it', async () => {
  const { journal } = await four()
  const [first, second, ...others] = await journal.list()
  expect([first, second].concat(others).map((found) => found?.release)).toEqual(['new', 'back', 'stuck', 'old'])
  expect(second).toEqual({
    release: 'back',
    plan: 'site',
    units: ['web'],
    phase: 'rollingBack',
    proposedAt: 4_000,
    changedAt: 4_001,
    records: 2,
    tracks: { 'prod/api': 'rollingBack.shifting' },
    heldBy: 'tower',
  })
})

test('what has not ended is found without reading records, also what is none of a release; what nobody has begun is not', async () => {
  const { journal } = await four()
  await begin(journal, 'other', 'not of taxiway')
  await hold(journal.lease, 'empty')
  expect(await collect(journal.releases())).toEqual(['old', 'stuck', 'back', 'new', 'other'])
  expect(await collect(journal.unfinished!())).toEqual(['stuck', 'back', 'new', 'other'])
})

test.each<[ReleaseFilter, string[]]>([
  [{}, ['new', 'back', 'stuck', 'old']],
  [{ phase: 'held' }, ['stuck']],
  [{ phase: 'archived' }, []],
  [{ plan: 'shop' }, ['stuck', 'old']],
  [{ unit: 'api' }, ['new', 'stuck', 'old']],
  [{ unit: 'ap' }, []],
  [{ since: 4_000 }, ['back', 'stuck']],
  [{ since: 4_000.5 }, ['stuck']],
  [{ unit: 'api', since: 3_001, limit: 5 }, ['stuck']],
  [{ limit: 2 }, ['new', 'back']],
])('of four releases, %j lists %j', async (filter, expected) => {
  const { journal } = await four()
  expect((await journal.list(filter)).map(({ release }) => release)).toEqual(expected)
})

test.each([{ limit: 0 }, { limit: 1_001 }, { limit: 1.5 }, { phase: 'done' }, { since: 'today' }, { where: '1=1' }])(
  'a list cannot be asked for with %j',
  async (filter) => {
    const { journal } = await four()
    await expect(journal.list(filter as ReleaseFilter)).rejects.toMatchObject({ code: 'input/invalid' })
  },
)

test('without a limit, a hundred releases are listed and no more', async () => {
  const schema = await freshSchema(pool)
  const journal = await openForTest({ pool, schema })
  await Promise.all(Array.from({ length: 101 }, (_, i) => begin(journal, `r${i}`, proposed('shop', 'api'))))
  expect(await journal.list()).toHaveLength(100)
  expect(await journal.list({ limit: 1_000 })).toHaveLength(101)
})

test('whose process is gone is driven by nobody', async () => {
  const { schema, journal } = await four()
  await pool.query(`update ${schema}.sessions set expires_at = now() - interval '1 ms'`)
  for (const { heldBy } of await journal.list()) expect(heldBy).toBeNull()
})

test('what the next holder writes goes on from what the status page said before', async () => {
  const { schema, journal } = await four()
  await journal.close()
  const next = await openForTest({ pool, schema, holder: 'next' })
  await hold(next.lease, 'old')
  await next.append(record('old', 4, { event: { type: 'release.archived' }, moves: [] }))
  expect(await next.list({ phase: 'archived' })).toMatchObject([
    { release: 'old', plan: 'shop', units: ['api', 'store'], tracks: { 'prod/api': 'promoted' }, records: 4, heldBy: 'next' },
  ])
})
