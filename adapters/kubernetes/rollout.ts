import { setTimeout as pass } from 'node:timers/promises'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { DeploymentsApi } from './deployments.js'
import { type Trouble, troubleOf } from './trouble.js'
import type { Deployment } from './workload.js'

export interface Patience {
  /** Between two looks at a Deployment that is not ready, in milliseconds. */
  readonly pollMs: number
  /** How long a pod may wait for a node, in milliseconds. */
  readonly unschedulableMs: number
}

/** Every replica is of the newest template, and available. */
export function isComplete({ metadata, spec, status }: Deployment): boolean {
  const { observedGeneration, replicas, updatedReplicas, availableReplicas } = status
  if (observedGeneration < metadata.generation) return false
  return [replicas, updatedReplicas, availableReplicas].every((count) => count === spec.replicas)
}

/**
 * Looks at a Deployment until all of it is ready. Every reason why that will not be so ends the wait at once.
 * @param before - what was there before the change: its missed deadline stays on show for a while, and tells nothing of the new one
 * @throws ReleaseError `adapter/rejected` for what never heals by itself; `adapter/unavailable` for what may
 */
export async function untilComplete(
  deployments: DeploymentsApi,
  name: string,
  before: Deployment | undefined,
  { pollMs, unschedulableMs }: Patience,
  signal: AbortSignal,
): Promise<Deployment> {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const deployment = await deployments.get(name, signal)
    if (deployment === undefined) throw failed(name, { code: 'adapter/rejected', says: 'somebody deleted it' })
    if (isComplete(deployment)) return deployment
    if (deployment.spec.paused)
      throw failed(name, { code: 'adapter/rejected', says: `it is paused. Run kubectl rollout resume deployment/${name}` })
    if (deployment.status.observedGeneration >= deployment.metadata.generation) {
      const trouble = await findTrouble(deployments, deployment, signal)
      if (trouble && !(trouble.needsNode && waitedMs < unschedulableMs)) throw failed(name, trouble)
      const late = missedDeadline(deployment)
      const isOld =
        before?.metadata.generation !== deployment.metadata.generation &&
        late?.lastUpdateTime === (before && missedDeadline(before))?.lastUpdateTime
      if (late && !isOld) throw failed(name, { code: 'adapter/rejected', says: late.message })
    }
    await pass(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

const missedDeadline = ({ status }: Deployment) => status.conditions.find(({ reason }) => reason === 'ProgressDeadlineExceeded')

async function findTrouble(
  deployments: DeploymentsApi,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Trouble | undefined> {
  const revision = 'deployment.kubernetes.io/revision'
  const sets = await deployments.replicaSets(deployment, signal)
  const newest = sets.find(({ metadata }) => metadata.annotations[revision] === deployment.metadata.annotations[revision])
  return newest && troubleOf(newest, await deployments.pods(deployment, newest, signal))
}

function failed(name: string, { code, says }: Trouble): ReleaseError {
  return new ReleaseError(code, `Deployment "${name}" does not become ready: ${says}. Mend it and deploy again.`, {
    deployment: name,
  })
}
