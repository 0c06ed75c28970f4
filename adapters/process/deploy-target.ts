import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { CallOptions } from '../../src/ports/call-options.js'
import type { DeployTarget } from '../../src/ports/deploy-target.js'
import type { Artifact } from '../../src/vocabulary/artifact.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { inTurn } from './in-turn.js'
import { endInstance, instancesIn } from './instance.js'
import { makeReady, type ServiceProcess, type Version } from './make-ready.js'
import { isReady, originOf } from './readiness.js'
import { foldersIn, unitFolder } from './unit-folder.js'

export interface ProcessTarget extends DeployTarget {
  /** Where the ready instances listen, such as `http://127.0.0.1:43121`; empty when there are none. */
  urls(unit: string, version: string): Promise<string[]>
  /** Ends every instance recorded in the directory, stable or not. For tests, demos and uninstalling. */
  stopAll(): Promise<void>
}

const defaults = { instances: 1, readyPath: '/', drainMs: 10_000 }
const never = () => new AbortController().signal

/**
 * Runs versions of services as child processes on the loopback interface of this machine (POSIX only). They outlive this
 * process: another target on the same directory finds and adopts them. Starts nothing of its own accord: an instance that
 * dies is seen by `observe`, and started again by the next `deploy` or `promote` of its version.
 *
 * @param config.directory - all that the target remembers; on a local disk, and for one machine only
 */
export function processTarget(config: {
  readonly directory: string
  readonly units: Readonly<Record<string, ServiceProcess>>
}): ProcessTarget {
  const directory = resolve(config.directory)
  const turn = inTurn()

  function serviceOf(unit: string): Required<ServiceProcess> {
    const service = Object.hasOwn(config.units, unit) ? config.units[unit] : undefined
    if (service) return { ...defaults, ...service }
    const says = `The process target has no unit "${unit}". Add it to units, beside: ${Object.keys(config.units).join(', ')}.`
    throw new ReleaseError('adapter/rejected', says, { unit })
  }

  function placeOf(unit: string) {
    return { unit, service: serviceOf(unit), files: unitFolder(directory, unit) }
  }

  /** One change of a version at a time, and none by a process that is no longer in charge. */
  function change(
    { unit, artifact }: { unit: string; artifact: Artifact },
    { signal, fencingToken }: CallOptions,
    work: (place: ReturnType<typeof placeOf> & Version) => Promise<void>,
  ): Promise<void> {
    return atTheEdge(unit, signal, () =>
      turn(join(unit, artifact.version), signal, async () => {
        const place = placeOf(unit)
        const folder = place.files.versionFolder(artifact.version)
        await turn(unit, signal, () => place.files.admit(fencingToken))
        await work({ ...place, artifact, folder })
      }),
    )
  }

  async function readyInstances({ files, service }: ReturnType<typeof placeOf>, version: string, signal: AbortSignal) {
    const instances = await instancesIn(files.versionFolder(version))
    const ready = await Promise.all(instances.map((instance) => isReady(instance, service.readyPath, signal)))
    signal.throwIfAborted()
    return { instances, ready: instances.filter((_, index) => ready[index]) }
  }

  return {
    deploy: (request, options) =>
      change(request, options, async (place) => {
        const { artifact, files } = place
        const known = await files.artifact(artifact.version)
        if (known?.digest && artifact.digest && known.digest !== artifact.digest)
          throw refusal(place, `is here already with digest ${known.digest}. Give the new build a version of its own.`)
        if (!known) await files.addVersion(artifact)
        await makeReady(place, options.signal)
      }),

    promote: (request, options) =>
      change(request, options, async (place) => {
        const known = await place.files.artifact(place.artifact.version)
        if (!known) throw refusal(place, 'was never deployed here, so it cannot become stable. Deploy it first.')
        await makeReady({ ...place, artifact: known }, options.signal)
        await turn(place.unit, options.signal, () => place.files.setStable(known))
      }),

    retire: (request, options) =>
      change(request, options, async (place) => {
        const stable = await place.files.stable()
        if (stable?.version === place.artifact.version)
          throw refusal(place, 'is what users have, so it was not stopped. Promote another version first.')
        await endVersion(place.folder, place.service.drainMs, options.signal)
      }),

    observe: (unit, { signal }) =>
      atTheEdge(unit, signal, async () => {
        const place = placeOf(unit)
        const stable = await place.files.stable()
        const versions = (await place.files.artifacts()).map(async (artifact) => {
          const { instances, ready } = await readyInstances(place, artifact.version, signal)
          return { artifact, readyInstances: ready.length, instances: instances.length }
        })
        return { ...(stable && { stable }), versions: await Promise.all(versions) }
      }),

    urls: (unit, version) =>
      atTheEdge(unit, never(), async () => (await readyInstances(placeOf(unit), version, never())).ready.map(originOf)),

    async stopAll() {
      const ends = (await foldersIn(directory)).map(async (unit) => {
        const files = unitFolder(directory, unit)
        const { drainMs } = { ...defaults, ...config.units[unit] }
        const versions = (await files.artifacts()).map(({ version }) =>
          turn(join(unit, version), never(), () => endVersion(files.versionFolder(version), drainMs, never())),
        )
        await Promise.all(versions)
      })
      await Promise.all(ends)
    },
  }
}

async function endVersion(folder: string, drainMs: number, signal: AbortSignal): Promise<void> {
  await Promise.all((await instancesIn(folder)).map((instance) => endInstance(instance, drainMs, signal)))
  await rm(folder, { recursive: true, force: true })
}

function refusal({ unit, artifact }: { unit: string; artifact: Artifact }, says: string): ReleaseError {
  return new ReleaseError('adapter/rejected', `${unit} ${artifact.version} ${says}`, { unit, version: artifact.version })
}

/** Whatever the system refuses (full disk, no more processes) may work at the next call. */
async function atTheEdge<T>(unit: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (ReleaseError.is(error) || signal.aborted) throw error
    const reason = error instanceof Error ? error.message : String(error)
    const says = `The process target failed for "${unit}": ${reason}. See to the machine, then try again.`
    throw new ReleaseError('adapter/unavailable', says, { unit }, { cause: error })
  }
}
