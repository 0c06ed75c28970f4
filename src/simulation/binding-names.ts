import type { Bindings } from '../plan/bindings.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { type ProgramStep, programOf } from '../plan/program.js'

type Named = readonly [kind: keyof Bindings, name: string | undefined]

/** The names a plan binds, by kind, each once. */
export function bindingNames(plan: PlanTree): Readonly<Record<keyof Bindings, readonly string[]>> {
  const all = programOf(plan)
    .tracks.flatMap(({ bindings, steps }): Named[] => [
      ['deploy', bindings?.deploy],
      ['router', bindings?.router],
      ['metrics', bindings?.metrics],
      ...steps.flatMap(namedBy),
    ])
    .concat(Object.values(plan.judges).map((settings) => ['judge', settings.use === 'custom' ? settings.judge : undefined]))
  const of = (kind: keyof Bindings) => [
    ...new Set(all.flatMap(([own, name]) => (own === kind && name !== undefined ? name : []))),
  ]
  return {
    deploy: of('deploy'),
    router: of('router'),
    metrics: of('metrics'),
    approver: of('approver'),
    hook: of('hook'),
    judge: of('judge'),
  }
}

function namedBy(step: ProgramStep): Named[] {
  if (step.type === 'approve') return [['approver', step.approver]]
  if (step.type === 'verify') return [['hook', step.hook]]
  return step.type === 'run'
    ? [
        ['hook', step.hook],
        ['hook', step.undo],
      ]
    : []
}
