import type { ReleaseErrorCode } from '../../src/vocabulary/errors.js'
import type { Pod, ReplicaSet } from './workload.js'

/** Why instances do not come up. */
export interface Trouble {
  readonly code: ReleaseErrorCode & `adapter/${string}`
  readonly says: string
  /** A cluster may be getting a node for it right now. */
  readonly needsNode?: true
}

const hopeless = [
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'ErrImageNeverPull',
  'InvalidImageName',
  'SignatureValidationFailed',
]
const pulling = ['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable']

/** What Kubernetes itself says is wrong with the newest instances; the worst of it. */
export function troubleOf({ status }: ReplicaSet, pods: readonly Pod[]): Trouble | undefined {
  const failure = status.conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  const all = [
    ...pods.flatMap(containerTroubles),
    ...(failure ? [{ code: 'adapter/unavailable' as const, says: `no pod can be made: ${clean(failure.message)}` }] : []),
    ...pods.flatMap(unscheduled),
  ]
  return all.find(({ code }) => code === 'adapter/rejected') ?? all[0]
}

function containerTroubles({ metadata, status }: Pod): Trouble[] {
  return [...status.initContainerStatuses, ...status.containerStatuses].flatMap(({ name, state, lastState, restartCount }) => {
    const { reason = '', message = '' } = state.waiting ?? {}
    const place = `pod ${metadata.name}, container ${name}: ${reason}`
    if (hopeless.includes(reason)) {
      const { terminated } = lastState
      const end = terminated && ` (${terminated.reason} with exit code ${terminated.exitCode}, restarted ${restartCount} times)`
      return [
        { code: 'adapter/rejected', says: `${place}${end ?? (reason === 'CrashLoopBackOff' ? '' : `: ${clean(message)}`)}` },
      ]
    }
    if (!pulling.includes(reason)) return []
    // A registry that is out of reach may come back; one that has no such image will not get it by itself.
    const isAbsent = /not found|(?:manifest|name) unknown|does not exist/i.test(message)
    return [{ code: isAbsent ? 'adapter/rejected' : 'adapter/unavailable', says: `${place}: ${clean(message)}` }]
  })
}

function unscheduled({ metadata, status }: Pod): Trouble[] {
  const condition = status.conditions.find(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')
  if (condition?.status !== 'False') return []
  return [{ code: 'adapter/unavailable', says: `pod ${metadata.name} has no node: ${clean(condition.message)}`, needsNode: true }]
}

/** Registries may sign their URLs, and a signature is a secret. */
const clean = (message: string) => message.replace(/\?\S+/g, '?…').slice(0, 300)
