import fc from 'fast-check'
import { expect, test } from 'vitest'
import { definePlan, parsePlan, planFromJson, planHash } from '../../src/plan/define-plan.js'
import { planJsonSchema } from '../../src/plan/json-schema.js'
import type { PlanInput } from '../../src/plan/plan-schema.js'
import { approve, bake, judge, run, shift, verify } from '../../src/plan/step.js'
import { allAtOnce, blueGreen, canary } from '../../src/plan/strategy.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'

const sound = {
  name: 'checkout',
  units: { checkout: { deploy: 'local', router: 'proxy', metrics: 'scrape' } },
  metrics: { errors: { total: 'requests_total' } },
  judges: { healthy: { use: 'threshold', rules: [{ metric: 'errors', statistic: 'ratio', max: 0.01 }] } },
  stages: [
    {
      name: 'production',
      strategy: canary(shift(5), bake('1m', { judge: 'healthy' }), shift(50), bake('1m', { judge: 'healthy' })),
    },
  ],
} as const satisfies PlanInput

/** The sound plan with the value at a path changed, or removed where there is none, as a stranger's JSON. */
function changed(path: string, value?: unknown): Record<string, unknown> {
  const plan = structuredClone(sound) as Record<string, unknown>
  const keys = path.split('.')
  const last = keys.pop()!
  const holder = keys.reduce((at, key) => at[key] as Record<string, unknown>, plan)
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return plan
}
const steps = sound.stages[0].strategy.steps
const second = (more: object) => [sound.stages[0], { ...sound.stages[0], ...more }]

function refusal(plan: unknown): ReleaseError {
  try {
    parsePlan(plan)
  } catch (error) {
    if (ReleaseError.is(error)) return error
    throw error
  }
  throw new Error('the plan was accepted')
}

test('a plan written in TypeScript and its JSON are the same plan, with the same hash', () => {
  const built = definePlan(sound)
  const read = planFromJson(JSON.stringify(sound))
  expect(read).toEqual(built)
  expect(planHash(read)).toBe(planHash(built))
  expect(planFromJson(JSON.stringify(built))).toEqual(built)
})

test('the hash does not depend on the order in which a plan was written', () => {
  const reordered = Object.fromEntries(Object.entries(sound).reverse())
  expect(planHash(parsePlan(reordered))).toBe(planHash(definePlan(sound)))
  expect(planHash(definePlan({ ...sound, name: 'checkout-2' }))).not.toBe(planHash(definePlan(sound)))
})

test('the hash of a plan stays what it was in earlier versions', () => {
  expect(planHash(definePlan(sound))).toMatchInlineSnapshot(
    `"sha256:e8441a09ca24a3e09a1e2580534530379ed000e965c1db132223f970be109de4"`,
  )
})

test('a plan is frozen to its last leaf', () => {
  const plan = definePlan(sound)
  expect(() => Object.assign(plan.stages[0]!, { name: 'other' })).toThrow(TypeError)
  expect(() => Object.assign(plan.units.checkout!, { deploy: 'other' })).toThrow(TypeError)
})

test('every default is written out, so that a plan says all it means', () => {
  const { stages, timeouts, format } = definePlan(sound)
  expect(format).toBe('taxiway/plan@1')
  expect(timeouts).toMatchObject({ deploy: '10m', shift: '2m', hold: '1h' })
  expect(stages[0]).toMatchObject({ onFailure: 'rollback', after: [], gates: { before: [], after: [] } })
})

const bad: readonly [says: string, plan: unknown, path: string, message: RegExp][] = [
  ['an empty object', {}, 'name', /name/],
  ['nothing', null, '', /the plan/],
  ['a list', [], '', /the plan/],
  ['a text', 'plan', '', /the plan/],
  ['a weight above 100', changed('stages.0.strategy.steps.0.weight', 101), 'stages[0].strategy.steps[0].weight', /100/],
  ['a weight of 0', changed('stages.0.strategy.steps.0.weight', 0), 'stages[0].strategy.steps[0].weight', /above 0/],
  ['a negative weight', changed('stages.0.strategy.steps.0.weight', -1), 'stages[0].strategy.steps[0].weight', /0/],
  [
    'a weight that is no number',
    changed('stages.0.strategy.steps.0.weight', '10'),
    'stages[0].strategy.steps[0].weight',
    /number/,
  ],
  ['a weight of NaN', changed('stages.0.strategy.steps.0.weight', Number.NaN), 'stages[0].strategy.steps[0].weight', /number/],
  [
    'a weight of a third',
    changed('stages.0.strategy.steps.0.weight', 33.333),
    'stages[0].strategy.steps[0].weight',
    /two decimals/,
  ],
  ['weights that fall', changed('stages.0.strategy.steps.2.weight', 3), 'stages[0].strategy.steps[2].weight', /only rise/],
  [
    'two rises with nothing between',
    changed('stages.0.strategy.steps', steps.toSpliced(1, 1)),
    'stages[0].strategy.steps[0]',
    /say no/,
  ],
  ['a bake without a judge before a rise', changed('stages.0.strategy.steps.1.judge'), 'stages[0].strategy.steps[0]', /say no/],
  ['a negative duration', changed('stages.0.strategy.steps.1.for', '-1s'), 'stages[0].strategy.steps[1].for', /duration/],
  ['a duration of zero', changed('stages.0.strategy.steps.1.for', '0s'), 'stages[0].strategy.steps[1].for', /longer than zero/],
  ['a duration in words', changed('stages.0.strategy.steps.1.for', 'a minute'), 'stages[0].strategy.steps[1].for', /"90s"/],
  [
    'a duration of a billion days',
    changed('stages.0.strategy.steps.1.for', '1000000000d'),
    'stages[0].strategy.steps[1].for',
    /365d/,
  ],
  ['an ISO duration', changed('stages.0.strategy.steps.1.for', 'P1Y'), 'stages[0].strategy.steps[1].for', /duration/],
  ['a misspelled field', changed('stages.0.onFailur', 'hold'), 'stages[0]', /"onFailur".*spelling/],
  ['an unknown format', changed('format', 'taxiway/plan@9'), 'format', /plan@1/],
  ['no stages', changed('stages', []), 'stages', /1/],
  ['no units', changed('units', {}), 'units', /at least one/],
  ['two stages of one name', changed('stages', second({ bindings: { deploy: 'eu' } })), 'stages[1].name', /taken by stages\[0\]/],
  ['stages that wait in a circle', changed('stages.0.after', ['production']), 'stages', /production → production/],
  ['a stage after an unknown one', changed('stages.0.after', ['staging']), 'stages[0].after', /no stage "staging".*production/],
  ['units that depend on each other', changed('units.checkout.dependsOn', ['checkout']), 'units', /circle.*checkout → checkout/],
  [
    'an unknown judge',
    changed('stages.0.strategy.steps.1.judge', 'helthy'),
    'stages[0].strategy.steps[1].judge',
    /no judge "helthy".*healthy/,
  ],
  ['a judge of an unknown metric', changed('metrics', {}), 'judges.healthy', /no metric "errors"/],
  [
    'two steps of one name',
    changed(
      'stages.0.strategy.steps',
      steps.map((step) => ({ ...step, name: 'same' })),
    ),
    'stages[0].strategy.steps[1].name',
    /taken/,
  ],
  [
    'a step with the name of one that is added',
    changed('stages.0.strategy.steps.0.name', 'deploy'),
    'stages[0].strategy.steps[0].name',
    /taken/,
  ],
  ['a canary without a router', changed('units.checkout.router'), 'stages[0].strategy', /no router/],
  [
    'a judge without a metrics source',
    changed('units.checkout.metrics'),
    'stages[0].strategy.steps[1].judge',
    /no metrics source/,
  ],
  [
    'a step that canary does not know',
    changed('stages.0.strategy.steps.0.type', 'jump'),
    'stages[0].strategy.steps[0].type',
    /./,
  ],
  ['a name with a path in it', changed('name', '../../etc/passwd'), 'name', /not a name/],
  ['an empty name', changed('name', ''), 'name', /not a name/],
  ['a name of a million letters', changed('name', 'a'.repeat(1_000_000)), 'name', /not a name/],
  ['a stage called constructor', changed('stages.0.name', 'constructor'), 'stages[0].name', /JavaScript/],
  ['a unit called __proto__', JSON.parse(JSON.stringify(sound).replaceAll('"checkout":{', '"__proto__":{')), 'units', /./],
  [
    'one unit in one place in two stages',
    changed('stages', second({ name: 'second' })),
    'stages[1]',
    /as stage "production" does/,
  ],
  ['blue-green that nothing can stop', changed('stages.0.strategy', blueGreen({})), 'stages[0].strategy', /say no/],
  [
    'a shift in blue-green',
    changed('stages.0.strategy', blueGreen({ after: [shift(5), verify('smoke')] })),
    'stages[0].strategy.after[0]',
    /shifts by itself/,
  ],
]
test.each(bad)('%s is refused, with its path and what to do', (_, plan, path, message) => {
  const error = refusal(plan)
  expect(error.code).toBe('plan/invalid')
  expect(error.message).toMatch(message)
  expect(error.details.path).toBe(path)
})

test('a cycle of many stages is named, stage by stage', () => {
  const stages = Array.from({ length: 50 }, (_, n) => ({
    ...sound.stages[0],
    name: `s${n}`,
    after: [`s${(n + 1) % 50}`],
    bindings: { deploy: `d${n}` },
  }))
  expect(refusal({ ...sound, stages }).message).toMatch(/s0 → s1 → s2 .*→ s49 → s0/)
})

test('all that is wrong is said at once', () => {
  const shiftTooFar = { ...changed('stages.0.strategy.steps', [shift(101), bake('soon', { judge: 'healthy' })]), surprise: true }
  const error = refusal(shiftTooFar)
  expect(error.details.problems).toBe(3)
})

test('JSON that is broken, huge or deep is an error and not a crash', () => {
  expect(() => planFromJson('{"name": "checkout",}')).toThrow(/not JSON/)
  expect(() => planFromJson(`"${'a'.repeat(300_000)}"`)).toThrow(/longer than/)
  expect(() => planFromJson('['.repeat(100_000))).toThrow(ReleaseError)
})

test('a plan nested for ever, or very deep, or very large, is an error and not a crash', () => {
  const circle: Record<string, unknown> = { ...sound }
  circle.metrics = circle
  const deep = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`)
  expect(refusal(circle).message).toMatch(/nested deeper/)
  expect(refusal({ ...sound, metrics: { errors: deep } }).message).toMatch(/nested deeper/)
  expect(refusal({ ...sound, metrics: { errors: Array(60_000).fill(0) } }).message).toMatch(/more than 50000 values/)
})

test('a key that would change all objects is refused, and changes none', () => {
  const hidden = JSON.parse(JSON.stringify(sound).replace('"checkout":{', '"__proto__":{"deploy":"x"},"checkout":{'))
  expect(refusal(hidden).message).toMatch(/units: has a key "__proto__"/)
  expect(() => parsePlan(JSON.parse('{"__proto__": {"polluted": true}, "name": "checkout"}'))).toThrow(ReleaseError)
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('whatever JSON comes in, the answer is a plan or a ReleaseError', () => {
  let refused = 0
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(...Object.keys(sound)), (value, key) => {
      try {
        parsePlan({ ...sound, [key]: value })
      } catch (error) {
        expect(ReleaseError.is(error)).toBe(true)
        refused += 1
      }
    }),
    { numRuns: 500 },
  )
  expect(refused).toBeGreaterThan(100)
})

test('every accepted plan comes back from its own JSON with the same hash', () => {
  const steps = fc.constantFrom(
    bake('10s', { judge: 'healthy' }),
    judge('healthy'),
    verify('smoke', { input: { deep: [1, { more: null }] } }),
    approve({ quorum: 2, roles: ['sre'] }),
    run('migrate', { undo: 'unmigrate' }),
  )
  const strategies = fc.oneof(
    fc
      .uniqueArray(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 8 })
      .map((points) =>
        canary(...points.sort((a, b) => a - b).flatMap((point) => [shift(point / 100), bake('1m', { judge: 'healthy' })])),
      ),
    fc.array(steps, { maxLength: 5 }).map((after) => allAtOnce({ after })),
    fc.array(steps, { maxLength: 5 }).map((after) => blueGreen({ before: [verify('smoke')], after })),
  )
  fc.assert(
    fc.property(strategies, (strategy) => {
      const plan = parsePlan({ ...sound, stages: [{ name: 'production', strategy }] })
      expect(planHash(planFromJson(JSON.stringify(plan)))).toBe(planHash(plan))
    }),
    { numRuns: 200 },
  )
})

test('the JSON Schema names the dialect and every step, and is JSON', () => {
  const schema = planJsonSchema()
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
  const text = JSON.stringify(schema)
  for (const step of ['shift', 'bake', 'judge', 'approve', 'verify', 'run']) expect(text).toContain(`"const":"${step}"`)
})
