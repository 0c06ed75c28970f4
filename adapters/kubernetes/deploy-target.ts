import { setTimeout as pass } from 'node:timers/promises'
import type { DeployTarget, UnitState } from '../../src/ports/deploy-target.js'
import type { Artifact } from '../../src/vocabulary/artifact.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { canaryOf, isOurs, stableImage } from './canary.js'
import type { KubernetesClient } from './client.js'
import { deploymentsApi } from './deployments.js'
import { artifactOf, imageOf } from './image.js'
import { isComplete, untilComplete } from './rollout.js'
import type { Deployment, Template } from './workload.js'

export interface KubernetesUnit {
  /** The Deployment that users get, which exists already. The canary's is `<deployment>-canary`. */
  readonly deployment: string
  /** As the Deployment spells it, without tag and digest: `registry.example.com/checkout`. */
  readonly image: string
}

export interface KubernetesOptions {
  readonly client: KubernetesClient
  readonly namespace: string
  readonly units: Readonly<Record<string, KubernetesUnit>>
  /** Between two looks at what is not ready yet, in milliseconds. Default 1,000. */
  readonly pollMs?: number
  /** How long a pod may wait for a node before that is a failure, in milliseconds. Default 120,000. */
  readonly unschedulableMs?: number
}

/**
 * Runs versions as two Deployments: stable's, and a canary's that is made from it. A unit has two places, so that promoting
 * rolls stable's Deployment over to the new version.
 *
 * K1 Stable's Deployment is taken as it is. Of it, only the image and one label are ever written, and its replicas only raised.
 * K2 The canary gets as many replicas as stable has, before it can get traffic; stable gets the canary's, before it takes over.
 * K3 Only the canary's Deployment is ever deleted, and not while it has the only complete copy of what is stable.
 */
export function kubernetesTarget({
  client,
  namespace,
  units,
  pollMs = 1_000,
  unschedulableMs = 120_000,
}: KubernetesOptions): DeployTarget {
  checkNames(namespace, ...Object.values(units).map(({ deployment }) => deployment))
  const deployments = deploymentsApi(client, namespace)
  const patience = { pollMs, unschedulableMs }

  function unitOf(unit: string): KubernetesUnit & { canary: string } {
    const known = Object.hasOwn(units, unit) ? units[unit] : undefined
    if (known) return { ...known, canary: `${known.deployment}-canary` }
    const says = `The Kubernetes target has no unit "${unit}". Add it to units, beside: ${Object.keys(units).join(', ')}.`
    throw new ReleaseError('adapter/rejected', says, { unit })
  }

  async function look(unit: string, signal: AbortSignal) {
    const place = unitOf(unit)
    const [stable, canary] = await Promise.all([deployments.get(place.deployment, signal), deployments.get(place.canary, signal)])
    if (canary && !isOurs(canary)) {
      const says = `Deployment "${place.canary}" was not made by this adapter, and is in the canary's place. Rename it.`
      throw new ReleaseError('adapter/rejected', says, { unit })
    }
    return { ...place, stable, canaryNow: canary }
  }

  /** @throws ReleaseError `adapter/rejected` without stable's Deployment: nothing else says how the unit is run */
  async function lookAtBoth(unit: string, signal: AbortSignal) {
    const { stable, ...rest } = await look(unit, signal)
    if (stable) return { ...rest, stable }
    const says = `Namespace "${namespace}" has no Deployment "${rest.deployment}". Apply it, in any version: canaries are made from it.`
    throw new ReleaseError('adapter/rejected', says, { unit })
  }

  async function makeStable(
    place: Awaited<ReturnType<typeof lookAtBoth>>,
    { version, image }: { version: string; image: string },
    replicas: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { deployment, stable } = place
    const container = containerOf(stable.spec.template, place)
    if (container.image !== image)
      await deployments.apply(deployment, stableImage(deployment, namespace, container.name, image, version), true, signal)
    if (stable.spec.replicas < replicas) await deployments.scale(deployment, replicas, signal)
    const { spec } = await untilComplete(deployments, deployment, stable, patience, signal)
    if (spec.replicas >= replicas) return
    const says = `Deployment "${deployment}" was scaled to ${spec.replicas}, and needs ${replicas} before it takes the traffic. See its autoscaler's minReplicas.`
    throw new ReleaseError('adapter/unavailable', says, { deployment })
  }

  async function makeCanary(
    place: Awaited<ReturnType<typeof lookAtBoth>>,
    artifact: Artifact,
    signal: AbortSignal,
  ): Promise<void> {
    const { canary, canaryNow, stable } = place
    if (canaryNow?.metadata.deletionTimestamp) await untilGone(canary, signal)
    const { name } = containerOf(stable.spec.template, place)
    const config = canaryOf(stable, canary, namespace, name, imageOf(place.image, artifact), artifact.version)
    const { spec } = await deployments.apply(canary, config, false, signal)
    // Never fewer: it may have traffic when this is said again.
    if (spec.replicas < stable.spec.replicas) await deployments.scale(canary, stable.spec.replicas, signal)
    await untilComplete(deployments, canary, canaryNow, patience, signal)
  }

  async function untilGone(name: string, signal: AbortSignal): Promise<void> {
    while (await deployments.get(name, signal)) await pass(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }

  async function versionsIn(deployment: Deployment, place: KubernetesUnit, signal: AbortSignal) {
    const now = containerOf(deployment.spec.template, place).artifact
    const running = (await deployments.replicaSets(deployment, signal))
      .filter(({ status }) => status.replicas > 0)
      .map(({ spec, status }) => ({
        artifact: containerOf(spec.template, place).artifact,
        readyInstances: status.readyReplicas,
        instances: status.replicas,
      }))
    return [{ artifact: now, readyInstances: 0, instances: 0 }, ...running]
  }

  return {
    async deploy({ unit, artifact, role }, { signal }) {
      const place = await lookAtBoth(unit, signal)
      if (role === 'canary') return makeCanary(place, artifact, signal)
      const image = imageOf(place.image, artifact)
      await makeStable(place, { version: artifact.version, image }, place.stable.spec.replicas, signal)
    },

    async promote({ unit, artifact }, { signal }) {
      const place = await lookAtBoth(unit, signal)
      const { stable, canaryNow } = place
      const source = [canaryNow, stable].find((deployment) => deployment && isVersion(deployment, place, artifact))
      if (source === undefined) {
        const says = `${unit} ${artifact.version} was never deployed here, so it cannot become stable. Deploy it first.`
        throw new ReleaseError('adapter/rejected', says, { unit, version: artifact.version })
      }
      const { image } = containerOf(source.spec.template, place)
      await makeStable(place, { version: artifact.version, image }, source.spec.replicas, signal)
    },

    async retire({ unit, artifact }, { signal }) {
      const place = await lookAtBoth(unit, signal)
      const { stable, canary, canaryNow } = place
      if (isVersion(stable, place, artifact)) {
        const says = `${unit} ${artifact.version} is what users have, so it was not stopped. Promote another version first.`
        throw new ReleaseError('adapter/rejected', says, { unit, version: artifact.version })
      }
      if (canaryNow === undefined) return
      // What was promoted runs in both places. The old version is gone from stable's, and the canary's can be freed.
      const isCopy = isVersion(canaryNow, place, containerOf(stable.spec.template, place).artifact)
      if (!isCopy && !isVersion(canaryNow, place, artifact)) return
      if (isCopy && !isComplete(stable)) {
        const says = `Deployment "${canary}" is not deleted: "${place.deployment}" does not run all of the same version yet.`
        throw new ReleaseError('adapter/unavailable', says, { unit })
      }
      if (!canaryNow.metadata.deletionTimestamp) await deployments.delete(canaryNow, signal)
      await untilGone(canary, signal)
    },

    async observe(unit, { signal }): Promise<UnitState> {
      const { stable, canaryNow, ...place } = await look(unit, signal)
      const both = [stable, canaryNow].filter((deployment) => deployment !== undefined)
      const found = (await Promise.all(both.map((deployment) => versionsIn(deployment, place, signal)))).flat()
      const byImage = Map.groupBy(found, ({ artifact }) => imageOf(place.image, artifact))
      const versions = [...byImage.values()].map((same) => ({
        artifact: same[0]!.artifact,
        readyInstances: same.reduce((sum, { readyInstances }) => sum + readyInstances, 0),
        instances: same.reduce((sum, { instances }) => sum + instances, 0),
      }))
      return { ...(stable && { stable: containerOf(stable.spec.template, place).artifact }), versions }
    },
  }
}

/** The one container that runs the unit. @throws ReleaseError `adapter/rejected` when none, or more than one, has such an image */
function containerOf({ spec }: Template, { deployment, image: repository }: KubernetesUnit) {
  const found = spec.containers.flatMap(({ name, image }) => {
    const artifact = artifactOf(repository, image)
    return artifact ? [{ name, image, artifact }] : []
  })
  if (found.length === 1) return found[0]!
  const images = spec.containers.map(({ image }) => image).join(', ')
  const says = `Deployment "${deployment}" needs one container with an image "${repository}:VERSION", and has ${images}. Mend it, or the unit's \`image\`.`
  throw new ReleaseError('adapter/rejected', says, { deployment })
}

function isVersion({ spec }: Deployment, place: KubernetesUnit, { version }: Artifact): boolean {
  return containerOf(spec.template, place).artifact.version === version
}

/** So that none leads out of its place in a path. */
function checkNames(...names: readonly string[]): void {
  const odd = names.find((name) => !/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(name))
  if (odd !== undefined) throw new ReleaseError('input/invalid', `${JSON.stringify(odd)} is not a name in Kubernetes.`)
}
