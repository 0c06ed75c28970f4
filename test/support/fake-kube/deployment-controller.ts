import { recorded } from './recorded.js'
import type { ObjectStore, Thing } from './store.js'

/** How pods of an image fare. */
export type Fate = 'ready' | 'never ready' | 'crashes' | 'no such image' | 'registry down' | 'no node' | 'no config' | 'no quota'

const templates = { ready: recorded('ready_pod'), crashing: recorded('crash_looping_pod') }
const revision = 'deployment.kubernetes.io/revision'

const waiting: Partial<Record<Fate, (image: string) => object>> = {
  'no such image': (image) => ({
    reason: 'ImagePullBackOff',
    message: `Back-off pulling image "${image}": ErrImagePull: failed to resolve reference "${image}": ${image}: not found`,
  }),
  'registry down': (image) => ({
    reason: 'ErrImagePull',
    message: `failed to copy: "${image}": GET https://blobs.example.com/x?signature=s3cr3t: dial tcp: i/o timeout`,
  }),
  'no config': () => ({ reason: 'CreateContainerConfigError', message: 'configmap "checkout" not found' }),
}

/**
 * Deployments, ReplicaSets and pods, one move at a time: a ReplicaSet is made, its pods come, become what their image lets them
 * become, and only then do those of older ReplicaSets go.
 */
export function deploymentController(store: ObjectStore, fateOf: (image: string) => Fate) {
  const idle = new Map<string, number>()
  let ticks = 0
  const tick = () => {
    ticks += 1
    return ticks
  }
  const stamp = () => new Date(tick() * 1_000).toISOString().replace('.000', '')
  const ownedBy = (resource: 'replicasets' | 'pods', { metadata: { uid } }: Thing) =>
    store.all(resource).filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
  const isReady = ({ status }: Thing) =>
    status.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True') ?? false

  function newestOf(deployment: Thing): { set: Thing; isNew: boolean } {
    const { name, uid } = deployment.metadata
    const text = JSON.stringify(deployment.spec.template)
    const known = ownedBy('replicasets', deployment).find(({ spec }) => JSON.stringify(spec.template) === text)
    const number =
      1 + Math.max(0, ...ownedBy('replicasets', deployment).map(({ metadata }) => Number(metadata.annotations?.[revision])))
    const { labels } = deployment.spec.template.metadata
    const hash = known?.metadata.name ?? `${name}-${number}`
    const isNew = known?.metadata.annotations?.[revision] !== String(number - 1)
    if (!isNew) return { set: known!, isNew }
    const metadata = { labels, annotations: { [revision]: String(number) }, ownerReferences: [{ uid, controller: true }] }
    const set = store.update(
      'replicasets',
      hash,
      { status: {}, ...known, metadata: { ...known?.metadata, ...metadata }, spec: { template: deployment.spec.template } },
      'controller',
    )
    return { set, isNew }
  }

  function addPod(set: Thing): void {
    const { labels, uid, name } = set.metadata
    const pod = `${name}-${tick()}`
    store.update(
      'pods',
      pod,
      {
        metadata: { labels, ownerReferences: [{ uid, controller: true }] },
        spec: set.spec.template.spec,
        status: { phase: 'Pending' },
      },
      'controller',
    )
  }

  /** @returns whether anything moved */
  function grow(set: Thing, replicas: number): boolean {
    const { image } = set.spec.template.spec.containers[0]
    const fate = fateOf(image)
    const pods = ownedBy('pods', set)
    if (fate === 'no quota' && pods.length < replicas) {
      const message = `pods "${set.metadata.name}-x" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=9, limited: pods=9`
      store.setStatus('replicasets', {
        ...set,
        status: { ...set.status, conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] },
      })
      return false
    }
    for (const extra of pods.slice(replicas)) store.remove('pods', extra.metadata.name)
    for (let i = pods.length; i < replicas; i++) addPod(set)
    let isMoved = pods.length !== replicas
    for (const pod of pods.slice(0, replicas)) {
      const status = statusFor(fate, pod, image)
      isMoved ||= JSON.stringify(status) !== JSON.stringify(pod.status)
      store.setStatus('pods', { ...pod, status })
    }
    return isMoved
  }

  function statusFor(fate: Fate, pod: Thing, image: string): object {
    const scheduled = { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] }
    if (fate === 'no node') {
      const message = '0/3 nodes are available: 3 Insufficient cpu.'
      return { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] }
    }
    if (pod.status.conditions === undefined) return scheduled
    const wait = waiting[fate]?.(image)
    if (wait)
      return { ...scheduled, containerStatuses: [{ name: 'web', ready: false, restartCount: 0, state: { waiting: wait } }] }
    const { status } = structuredClone(fate === 'ready' ? templates.ready : templates.crashing)
    if (fate === 'crashes') status.containerStatuses[0].lastState = { terminated: { exitCode: 137, reason: 'OOMKilled' } }
    if (fate === 'never ready') status.containerStatuses[0].state = { running: { startedAt: '2026-11-21T01:10:35Z' } }
    return status
  }

  /** A pod ends in its own time: one move after it was told. */
  function drain(deployment: Thing): void {
    const sets = ownedBy('replicasets', deployment)
    const pod = sets.flatMap((set) => ownedBy('pods', set))[0]
    if (pod) {
      store.remove('pods', pod.metadata.name)
      return
    }
    for (const set of sets) store.remove('replicasets', set.metadata.name)
    store.remove('deployments', deployment.metadata.name)
  }

  function move(deployment: Thing): void {
    const { name } = deployment.metadata
    const { generation } = deployment.metadata
    const { replicas, paused, progressDeadlineSeconds } = deployment.spec
    if (paused) {
      store.setStatus('deployments', {
        ...deployment,
        status: { ...deployment.status, observedGeneration: generation, updatedReplicas: 0 },
      })
      return
    }
    const { set, isNew } = newestOf(deployment)
    const older = ownedBy('replicasets', deployment).filter(({ metadata }) => metadata.name !== set.metadata.name)
    const olderPods = older.flatMap((one) => ownedBy('pods', one))
    const isMoved = grow(store.get('replicasets', set.metadata.name)!, replicas) || isNew
    const pods = ownedBy('pods', set)
    const ready = pods.filter(isReady).length
    if (ready === replicas && olderPods[0]) store.remove('pods', olderPods[0].metadata.name)
    for (const one of [set, ...older]) {
      const own = ownedBy('pods', one)
      const now = store.get('replicasets', one.metadata.name)!
      store.setStatus('replicasets', {
        ...now,
        status: { ...now.status, replicas: own.length, readyReplicas: own.filter(isReady).length || undefined },
      })
    }
    const left = older.flatMap((one) => ownedBy('pods', one))
    const all = [...pods, ...left]
    const isDone = ready === replicas && left.length === 0
    idle.set(name, isMoved || isDone || olderPods.length > left.length ? 0 : (idle.get(name) ?? 0) + 1)
    const isLate = (idle.get(name) ?? 0) >= progressDeadlineSeconds
    const known = deployment.status.conditions?.find((c: { type: string }) => c.type === 'Progressing')
    // As in the product: the old verdict stays until something moves.
    const reason = isDone
      ? 'NewReplicaSetAvailable'
      : isLate || (isNew && known?.reason === 'ProgressDeadlineExceeded')
        ? 'ProgressDeadlineExceeded'
        : 'ReplicaSetUpdated'
    const message = reason === 'ProgressDeadlineExceeded' ? `ReplicaSet "${set.metadata.name}" has timed out progressing.` : ''
    const condition =
      known?.reason === reason
        ? known
        : {
            type: 'Progressing',
            status: isLate ? 'False' : 'True',
            reason,
            message,
            lastUpdateTime: stamp(),
            lastTransitionTime: stamp(),
          }
    const status = {
      observedGeneration: generation,
      replicas: all.length,
      updatedReplicas: pods.length,
      readyReplicas: all.filter(isReady).length,
      availableReplicas: all.filter(isReady).length,
      conditions: [condition],
    }
    const { annotations } = deployment.metadata
    store.setStatus('deployments', {
      ...deployment,
      metadata: { ...deployment.metadata, annotations: { ...annotations, [revision]: set.metadata.annotations![revision]! } },
      status,
    })
  }

  return () => {
    for (const deployment of store.all('deployments'))
      if (deployment.metadata.deletionTimestamp) drain(deployment)
      else move(deployment)
  }
}
