/** The plan's door: whatever comes in, a plan or `plan/invalid` comes out, soon, and nothing else has changed. */
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { definePlan, parsePlan, planFromJson, planHash } from '../../src/plan/define-plan.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { canaryPlan } from '../support/pretended.js'
import { killers, oddNames, oddValues, paths, withValue } from './odd-values.js'

afterEach(() => expect(({} as { polluted?: unknown }).polluted).toBeUndefined())

/** Slow enough for the slowest machine, and quick enough to tell a hang. */
const soonMs = 5_000

function outcome(act: () => unknown): 'plan' | string {
  const begunAt = performance.now()
  try {
    act()
    return 'plan'
  } catch (error) {
    if (!ReleaseError.is(error)) throw error
    expect(error.message.length).toBeLessThan(10_000)
    return error.code
  } finally {
    expect(performance.now() - begunAt).toBeLessThan(soonMs)
  }
}

const full = {
  ...canaryPlan,
  stages: [
    {
      ...canaryPlan.stages[0],
      gates: { before: [{ type: 'approve', roles: ['sre'], timeout: '1h' }] },
      strategy: {
        type: 'canary',
        steps: [
          { type: 'run', hook: 'migrate', input: { a: 1 }, undo: 'revert' },
          ...canaryPlan.stages[0].strategy.steps,
          { type: 'verify', hook: 'smoke', name: 'smoke' },
        ],
      },
    },
  ],
}

test('any odd value in any place of a plan is refused, or means nothing else than it says', () => {
  expect(outcome(() => parsePlan(full))).toBe('plan')
  const tally: Record<string, number> = {}
  for (const path of paths(full))
    for (const [, make] of oddValues) {
      const said = outcome(() => {
        const plan = parsePlan(withValue(full, path, make()))
        expect(planHash(planFromJson(JSON.stringify(plan)))).toBe(planHash(plan))
      })
      tally[said] = (tally[said] ?? 0) + 1
    }
  console.log(tally)
  expect(Object.keys(tally).sort()).toEqual(['plan', 'plan/invalid'])
  expect(tally['plan/invalid']).toBeGreaterThan(1_000)
}, 120_000)

test.each(oddNames.map((name) => [name.slice(0, 30), name]))('no part of a plan is called %j', (_, name) => {
  const places = [
    { ...full, name },
    { ...full, units: JSON.parse(`{${JSON.stringify(name)}: {"deploy": "local"}}`) },
    { ...full, units: { checkout: { ...full.units.checkout, deploy: name } } },
    { ...full, stages: [{ ...full.stages[0], name }] },
    withValue(full, ['stages', '0', 'strategy', 'steps', '4', 'name'], name),
    withValue(full, ['stages', '0', 'strategy', 'steps', '0', 'hook'], name),
  ]
  for (const plan of places) expect(outcome(() => parsePlan(plan))).toBe('plan/invalid')
})

const durations = [
  '0',
  '-1s',
  '1e9d',
  'P1Y',
  '1.5.2h',
  '∞',
  '1 h',
  '1H',
  '0x1s',
  '01s ',
  's',
  '1s1s',
  '1s1m',
  '999999999d',
  '1e309',
]
test.each([...durations, ...killers])('%# is no duration', (text) => {
  const plan = withValue(full, ['stages', '0', 'strategy', 'steps', '2', 'for'], text)
  expect(outcome(() => parsePlan(plan))).toBe('plan/invalid')
})

const steps = (...list: unknown[]) => withValue(full, ['stages', '0', 'strategy', 'steps'], list)
const judged = { type: 'bake', for: '1m', judge: 'healthy' }
test.each([
  ['no steps', []],
  ['a weight of nothing', [{ type: 'shift', weight: 0 }, judged]],
  ['a weight above all', [{ type: 'shift', weight: 101 }, judged]],
  ['a negative weight', [{ type: 'shift', weight: -1 }, judged]],
  ['a weight in words', [{ type: 'shift', weight: '10' }, judged]],
  ['a third', [{ type: 'shift', weight: 33.333 }, judged]],
  ['falling weights', [{ type: 'shift', weight: 50 }, judged, { type: 'shift', weight: 20 }, judged]],
  [
    'two steps of one name',
    [
      { type: 'shift', weight: 5, name: 'a' },
      { ...judged, name: 'a' },
    ],
  ],
  [
    'a misspelt setting',
    [
      { type: 'shift', weight: 5 },
      { ...judged, faliureLimit: 1 },
    ],
  ],
  ['a million steps', Array.from({ length: 1_000_000 }, () => judged)],
])('%s is no rollout', (_, list) => {
  expect(outcome(() => parsePlan(steps(...(list.length > 100 ? [list] : list))))).toBe('plan/invalid')
  expect(outcome(() => parsePlan(withValue(full, ['stages', '0', 'strategy', 'steps'], list)))).toBe('plan/invalid')
})

const text = JSON.stringify(full)
const json: [string, string][] = [
  ['nothing', ''],
  ['a byte order mark', `\ufeff${text}`],
  ['a comma too many', text.replace(/}$/, ',}')],
  ['a comment', `${text} // so`],
  ['single quotes', text.replaceAll('"', "'")],
  ['one key twice', text.replace('"name":', '"name":"other","name":')],
  ['one key twice, spelt differently', text.replace('"name":', '"n\\u0061me":"other","name":')],
  ['one key twice, deep inside', text.replace('"for":', '"for":"1s","for":')],
  ['a prototype', text.replace('"name":', '"__proto__":{"polluted":true},"name":')],
  ['a prototype, spelt differently', text.replace('"name":', '"__pr\\u006fto__":{"polluted":true},"name":')],
  ['a constructor', text.replace('"name":', '"constructor":{"prototype":{"polluted":true}},"name":')],
  ['an unknown format', text.replace('"name":', '"format":"taxiway/plan@2","name":')],
  ['a hundred thousand arrays', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ['a hundred thousand objects', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
  ['a hundred megabytes', ' '.repeat(100_000_000)],
  ['half a character', text.replace('"checkout"', '"check\ud800out"')],
  ['a number without an end', text.replace('"weight":5', `"weight":5${'0'.repeat(1_000)}`)],
  ['NaN', text.replace('"weight":5', '"weight":NaN')],
]
test.each(json)('JSON with %s is refused', (_, body) => {
  expect(outcome(() => planFromJson(body))).toBe('plan/invalid')
})

test('line ends of Windows are JSON like any other', () => {
  expect(planHash(planFromJson(JSON.stringify(full, null, 2).replaceAll('\n', '\r\n')))).toBe(planHash(parsePlan(full)))
})

test('quotes, braces and colons inside of texts are not taken for keys', () => {
  const input = { 'a"{': '"a": {', b: ['"b":', '}{', '\\"b\\":'], c: { b: 1 }, d: { b: 1 } }
  const plan = withValue(full, ['stages', '0', 'strategy', 'steps', '0', 'input'], input)
  expect(planHash(planFromJson(JSON.stringify(plan)))).toBe(planHash(parsePlan(plan)))
})

test('random damage to the text of a plan gives a plan or plan/invalid', () => {
  const tally: Record<string, number> = {}
  const damage = fc.record({
    at: fc.nat(text.length),
    cut: fc.nat(8),
    put: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '\\', '1e999', '"__proto__":'),
    ),
  })
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (list) => {
      const body = list.reduce((kept, { at, cut, put }) => kept.slice(0, at) + put + kept.slice(at + cut), text)
      const said = outcome(() => planFromJson(body))
      tally[said] = (tally[said] ?? 0) + 1
    }),
    { numRuns: 3_000, seed: 4 },
  )
  expect(Object.keys(tally).sort()).toEqual(['plan', 'plan/invalid'])
})

test('anything at all gives a plan or plan/invalid', () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true }),
      (value) => {
        expect(outcome(() => definePlan(value as never))).toBe('plan/invalid')
      },
    ),
    { numRuns: 2_000, seed: 5 },
  )
})
