import { definePlan } from '../../src/plan/define-plan.js'
import type { PlanInput } from '../../src/plan/plan-schema.js'
import { approve, bake, judge, run, shift, verify } from '../../src/plan/step.js'
import { allAtOnce, blueGreen, canary } from '../../src/plan/strategy.js'

/** The plans that are walked, crashed and tormented: small, and between them every kind of step and tie. */
const unit = { deploy: 'local', router: 'proxy', metrics: 'scrape' }
const watched = (time = '1m') => bake(time, { judge: 'healthy' })

type StagesInput = PlanInput['stages']
function planned(name: string, stages: StagesInput, units: PlanInput['units'] = { api: unit }) {
  return definePlan({
    name,
    units,
    metrics: { errors: 'errors' },
    judges: { healthy: { use: 'threshold', rules: [{ metric: 'errors', statistic: 'ratio', max: 0.01 }] } },
    stages,
  })
}
const one = (name: string, strategy: StagesInput[number]['strategy'], rest: Partial<StagesInput[number]> = {}) =>
  planned(name, [{ name: 'prod', strategy, ...rest }])

export const plans = {
  canary: one('canary', canary(shift(5), watched(), shift(50), watched())),
  patient: one(
    'patient',
    canary(shift(10), bake('1m', { judge: 'healthy', patience: '1m' }), judge('healthy', { within: '2m' })),
  ),
  blueGreen: one('blue-green', blueGreen({ before: [verify('smoke')], after: [watched()] })),
  approvals: one(
    'approvals',
    canary(shift(5), watched(), approve({ quorum: 2, roles: ['sre'], timeout: '1h' }), shift(50), watched()),
  ),
  asked: one('asked', canary(shift(20), approve({ approver: 'chat', timeout: '1h' }))),
  gates: one('gates', canary(shift(20), watched()), {
    gates: { before: [approve({ timeout: '1h' })], after: [approve({ name: 'sign-off', timeout: '1h', byAuthor: true })] },
  }),
  hooks: one(
    'hooks',
    canary(run('migrate', { undo: 'revert' }), shift(10), verify('smoke'), run('warm'), bake('30s'), approve({ timeout: '1h' })),
  ),
  irreversible: one('irreversible', canary(shift(20), watched(), run('contract', { irreversible: true }), shift(60), watched())),
  held: one('held', canary(shift(20), watched(), shift(60), verify('smoke')), { onFailure: 'hold' }),
  first: planned('first', [{ name: 'prod', strategy: allAtOnce({ after: [verify('smoke')] }) }], { api: { deploy: 'local' } }),
  units: planned('units', [{ name: 'prod', strategy: canary(shift(20), watched('30s')) }], {
    store: unit,
    api: { ...unit, dependsOn: ['store'] },
  }),
  stages: planned('stages', [
    { name: 'staging', strategy: canary(shift(50), watched('30s')), bindings: { deploy: 'lab', router: 'lab-proxy' } },
    { name: 'prod', after: ['staging'], strategy: canary(shift(20), watched('30s')), onFailure: 'rollback-all' },
  ]),
  regions: planned('regions', [
    { name: 'eu', strategy: canary(shift(20), watched('30s')) },
    {
      name: 'us',
      strategy: allAtOnce(),
      bindings: { deploy: 'lab', router: 'lab-proxy' },
    },
  ]),
} as const

export type PlanName = keyof typeof plans
/** Released for the first time: nothing was live before. */
export const firstReleases: readonly PlanName[] = ['first']
