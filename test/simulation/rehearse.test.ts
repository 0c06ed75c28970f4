import { expect, test } from 'vitest'
import { parsePlan } from '../../src/plan/define-plan.js'
import { approve, bake, run, shift, verify } from '../../src/plan/step.js'
import { blueGreen, canary } from '../../src/plan/strategy.js'
import { rehearse } from '../../src/simulation/rehearse.js'
import { planTree } from './worlds.js'

const canaryStage = { ...planTree.stages[0], gates: { before: [approve({ name: 'go', quorum: 2, roles: ['sre'] })] } }

test('a rollback is rehearsed from every step, traffic first and the new version last', async () => {
  const { points, notUndone } = await rehearse(parsePlan({ ...planTree, stages: [canaryStage] }))
  expect(points.map(({ step, weightPercent, ends }) => `${step} ${weightPercent} ${ends}`)).toEqual([
    'go 0 rolledBack',
    'deploy 0 rolledBack',
    'shift-1 0 rolledBack',
    'bake-2 5 rolledBack',
    'shift-3 5 rolledBack',
    'bake-4 50 rolledBack',
    'shift-all 50 rolledBack',
    'promote 100 rolledBack',
    'retire 100 rolledBack',
  ])
  const of = (step: string) => points.find((point) => point.step === step)!
  expect(of('go').operations).toEqual([])
  expect(of('bake-2').operations.map(({ does, what, afterMs }) => `${does} ${what} ${afterMs}`)).toEqual([
    'traffic.shift checkout to 0 % 0',
    'unit.retire checkout canary 1000',
  ])
  expect(of('bake-2').tookMs).toBe(2_000)
  expect(of('retire').operations.map(({ does, what }) => `${does} ${what}`)).toEqual([
    'unit.deploy checkout stable',
    'traffic.shift checkout to 0 %',
    'unit.promote checkout stable',
    'unit.retire checkout canary',
  ])
  expect(notUndone).toEqual([])
})

test('scripts are undone in reverse, and the longest way back is told', async () => {
  const strategy = blueGreen({
    before: [run('migrate', { undo: 'unmigrate' }), run('warm'), verify('smoke')],
    after: [bake('5m')],
  })
  const { longest, notUndone, points } = await rehearse(parsePlan({ ...planTree, stages: [{ name: 'production', strategy }] }), {
    takes: { deploy: '90s' },
    hooks: { unmigrate: { takes: '4m' } },
  })
  expect(points).toHaveLength(8)
  expect(longest.operations.map(({ does, what }) => `${does} ${what}`)).toContain('hook.call unmigrate')
  expect(longest.tookMs).toBeGreaterThan(5 * 60_000)
  expect(notUndone).toEqual([{ track: 'production/checkout', step: 'run-2', isIrreversible: false }])
})

test('after something irreversible there is no way back, and the rehearsal says from where on', async () => {
  const strategy = blueGreen({ before: [run('drop-column', { irreversible: true }), verify('smoke')] })
  const { points, notUndone } = await rehearse(parsePlan({ ...planTree, stages: [{ name: 'production', strategy }] }))
  expect(points.map(({ step, ends }) => `${step} ${ends}`).slice(0, 3)).toEqual([
    'deploy rolledBack',
    'run-1 held',
    'verify-2 held',
  ])
  expect(points[1]?.says).toMatch(/run-1 cannot be taken back/)
  expect(notUndone).toEqual([{ track: 'production/checkout', step: 'run-1', isIrreversible: true }])
})

test('units go back in the reverse order of their dependencies, whatever judges them', async () => {
  const unit = { deploy: 'cluster', router: 'edge', metrics: 'scrape' } as const
  const plan = parsePlan({
    ...planTree,
    units: { database: unit, api: { ...unit, dependsOn: ['database'] } },
    judges: { own: { use: 'custom', judge: 'mine', metrics: ['errors'] } },
    stages: [{ name: 'production', strategy: canary(shift(50), bake('1m', { judge: 'own' })) }],
  })
  const { points } = await rehearse(plan)
  const inApi = points.find(({ track, step }) => track === 'production/api' && step === 'bake-2')!
  expect(inApi.operations.map(({ track }) => track.split('/')[1])).toEqual([
    'api',
    'api',
    'database',
    'database',
    'database',
    'database',
  ])
})

test('an undo that takes longer than a rollback may is found in the rehearsal', async () => {
  const strategy = blueGreen({ before: [run('migrate', { undo: 'unmigrate' }), verify('smoke')] })
  const plan = parsePlan({ ...planTree, stages: [{ name: 'production', strategy }] })
  const { points } = await rehearse(plan, { hooks: { unmigrate: { takes: '10m' } } })
  expect(points[2]).toMatchObject({ step: 'verify-2', ends: 'stuck', says: expect.stringMatching(/No answer within 300000 ms/) })
})
