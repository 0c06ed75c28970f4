import { expect, test } from 'vitest'
import { parsePlan } from '../../src/plan/define-plan.js'
import { comparePolicies } from '../../src/simulation/compare-policies.js'
import { evaluatePolicy } from '../../src/simulation/evaluate-policy.js'
import { policyPage } from '../../src/simulation/policy-page.js'
import { policyTable } from '../../src/simulation/policy-table.js'
import { simulate } from '../../src/simulation/simulate.js'
import { runTs } from '../support/run-ts.js'
import { bad, good, planTree, quickPlan } from './worlds.js'

const worlds = { same: { is: 'good', world: good }, errors: { is: 'bad', world: bad } } as const
/** Patient with single looks, and therefore slower. */
const patientPlan = parsePlan({
  ...planTree,
  name: 'patient',
  judges: { healthy: { use: 'threshold', rules: [{ metric: 'errors', statistic: 'ratio', max: 0.006, failures: 3 }] } },
})

test('a policy is known by how often it is wrong, how soon it is right, and what it costs', async () => {
  const { trials } = await evaluatePolicy(quickPlan, worlds, { runs: 30 })
  const [same, errors] = trials
  expect(errors).toMatchObject({ is: 'bad', rolledBack: { rate: 1, runs: 30 }, promotionMs: null })
  expect(errors!.rolledBack.lower).toBeGreaterThan(0.85)
  expect(errors!.detectionMs!.p50).toBeGreaterThanOrEqual(30_000)
  expect(errors!.failedRequests.mean).toBeLessThan(errors!.requests.mean * 0.02)
  expect(same!.rolledBack.rate + same!.promoted.rate).toBe(1)
  const { lower, rate, upper } = same!.rolledBack
  expect(lower).toBeLessThan(rate)
  expect(rate).toBeLessThan(upper)
})

test('every run can be looked at again by its seed', async () => {
  const { trials } = await evaluatePolicy(quickPlan, worlds, { runs: 3, seed: 40 })
  const outcome = trials[1]!.outcomes[2]!
  expect(outcome.seed).toBe(42)
  const { exposure, decidedAt } = await simulate(quickPlan, bad, { seed: 42 })
  expect(outcome).toMatchObject({ requests: exposure.requests, detectedAfterMs: decidedAt! - exposure.since! })
})

test('the result is the same for any number of threads, and an error in a thread names the run', async () => {
  const run = runTs(new URL('workers-process.ts', import.meta.url))
  expect(await run.nextLine()).toBe('2 true')
  expect(await run.nextLine()).toMatch(/^input\/invalid Run with seed \d+: The simulation cannot end: the rollback of production/)
}, 60_000)

test('two policies that differ are told apart from two that only seem to', async () => {
  const options = { runs: 30 }
  const quick = await evaluatePolicy(quickPlan, worlds, options)
  const patient = await evaluatePolicy(patientPlan, worlds, options)
  const found = comparePolicies(quick, patient)
  const of = (world: string, measure: string) => found.find((one) => one.world === world && one.measure === measure)
  expect(of('same', 'rolled back')).toMatchObject({ isReal: true })
  expect(of('errors', 'time to detection')).toMatchObject({ isReal: true })
  expect(of('errors', 'rolled back')).toMatchObject({ isReal: false, p: 1 })
  const again = await evaluatePolicy(quickPlan, worlds, { ...options, seed: 1_000 })
  expect(comparePolicies(quick, again).filter(({ isReal }) => isReal)).toEqual([])
  expect(() => comparePolicies(quick, { ...patient, trials: [] })).toThrow(/same worlds/)

  const table = policyTable(quick, patient)
  expect(table).toMatch(/^world +policy +rolled back/)
  expect(table).toMatch(/errors \(bad\) +patient +100 % \[88\.65, 100 %\]/)
  expect(table).toMatch(/same: rolled back [\d.]+ % against [\d.]+ %: a real difference/)
  const page = policyPage(quick, patient)
  expect(page).toBe(policyPage(quick, patient))
  expect(page.match(/<svg class="plot" role="img" aria-labelledby/g)).toHaveLength(2)
  expect(page).not.toMatch(/NaN|undefined|\[object/)
})

test('names from outside reach the page as text', async () => {
  const page = policyPage(await evaluatePolicy(quickPlan, { '<script>alert(1)</script>': worlds.same }, { runs: 2 }))
  expect(page).not.toContain('<script>')
  expect(page).toContain('&lt;script&gt;')
})

test('a world that does not fit is named', async () => {
  const wrong = { is: 'bad', world: { ...good, canary: { error: { kind: 'ratio', bad: 0.1 } } } } as const
  await expect(evaluatePolicy(quickPlan, { ...worlds, wrong })).rejects.toMatchObject({
    code: 'input/invalid',
    message: expect.stringMatching(/^World "wrong": .*canary\.error: the plan has no metric "error"/s),
  })
  await expect(evaluatePolicy(quickPlan, worlds, { runs: 0 })).rejects.toThrow(/1 to 1000000 runs/)
})
