/** Smaller doors: names, durations, weights, objectives, links. An answer or a ReleaseError, and soon. */
import { afterEach, expect, test } from 'vitest'
import { unleashFlagService } from '../../adapters/unleash/index.js'
import { readOpenSlo } from '../../src/analysis/slo/open-slo.js'
import { actorSchema, sameActorKey } from '../../src/vocabulary/actor.js'
import { artifactSchema } from '../../src/vocabulary/artifact.js'
import { durationSchema } from '../../src/vocabulary/duration.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { nameSchema } from '../../src/vocabulary/name.js'
import { secret } from '../../src/vocabulary/secret.js'
import { weightSchema } from '../../src/vocabulary/weight.js'
import { killers, oddNames, oddValues, paths, withValue } from './odd-values.js'

afterEach(() => expect(({} as { polluted?: unknown }).polluted).toBeUndefined())

/** As a YAML or JSON reader gives them. */
const plain = oddValues.filter(([name]) => !/throws|thenable|levels|claims/.test(name))

test('no text makes a pattern of ours run long', () => {
  const schemas = [nameSchema, durationSchema, artifactSchema.shape.version, artifactSchema.shape.digest, actorSchema.shape.id]
  const begunAt = performance.now()
  for (const text of [...killers, ...oddNames]) {
    for (const schema of schemas) schema.safeParse(text)
    sameActorKey({ id: text })
  }
  // All of them together; a pattern that backtracks takes minutes for one.
  expect(performance.now() - begunAt).toBeLessThan(5_000)
})

test('what is no name, weight or duration is refused', () => {
  for (const name of oddNames) expect([name.slice(0, 40), nameSchema.safeParse(name).success]).toEqual([name.slice(0, 40), false])
  const taken = (schema: { safeParse(value: unknown): { success: boolean } }) =>
    plain.flatMap(([name, make]) => (schema.safeParse(make()).success ? [name] : []))
  expect(taken(nameSchema)).toEqual(['text "1e400"', 'text "0x10"'])
  expect(taken(durationSchema)).toEqual([])
  expect(taken(weightSchema)).toEqual(['minus zero'])
})

const document = {
  apiVersion: 'openslo/v1',
  kind: 'SLO',
  metadata: { name: 'checkout' },
  spec: {
    service: 'shop',
    indicator: {
      metadata: { name: 'errors' },
      spec: {
        ratioMetric: {
          counter: true,
          bad: { metricSource: { type: 'Prometheus', spec: { query: 'bad' } } },
          total: { metricSource: { type: 'Prometheus', spec: { query: 'all' } } },
        },
      },
    },
    timeWindow: [{ duration: '4w', isRolling: true }],
    budgetingMethod: 'Occurrences',
    objectives: [{ targetPercent: 99.9 }],
  },
}

test('an OpenSLO document with any odd value in any place is an objective, or a ReleaseError', () => {
  const tally: Record<string, number> = {}
  for (const path of paths(document))
    for (const [name, make] of plain) {
      let said = 'read'
      try {
        const [objective] = readOpenSlo([withValue(document, path, make())])
        expect(objective === undefined || (objective.objective.target > 0 && objective.objective.target < 1)).toBe(true)
      } catch (error) {
        if (!ReleaseError.is(error)) throw new Error(`${path.join('.')} is ${name}: ${String(error)}`, { cause: error })
        said = error.code
      }
      tally[said] = (tally[said] ?? 0) + 1
    }
  console.log(tally)
  expect(Object.keys(tally).length).toBe(2)
})

test('a flag is set to a whole percent, and to nothing else', async () => {
  const asked: unknown[] = []
  const fetch = (async (...input: unknown[]) => {
    asked.push(input)
    return new Response('{}')
  }) as typeof globalThis.fetch
  const service = unleashFlagService({
    url: 'https://unleash.example.com',
    token: secret(() => 'token-of-tests'),
    environment: 'production',
    fetch,
  })
  const options = { signal: new AbortController().signal, idempotencyKey: 'k', fencingToken: 1 }
  const odd = [Number.NaN, -1, 101, 33.3, 1e308, Number.POSITIVE_INFINITY, '5', null, undefined, [], {}, 10n]
  for (const percent of odd)
    await expect(service.setRollout('checkout', percent as never, options)).rejects.toMatchObject({ code: 'input/invalid' })
  for (const name of ['', '.', '..', '../x', 'a/b', 'a b', '%2e', 'x\0', 'ü', '\u202e'])
    await expect(service.setRollout(name, 5, options)).rejects.toMatchObject({ code: 'input/invalid' })
  expect(asked).toEqual([])
})
