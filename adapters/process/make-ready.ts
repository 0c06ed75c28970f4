import type { Artifact } from '../../src/vocabulary/artifact.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Command, endInstance, type Instance, instancesIn, isAlive, startInstance } from './instance.js'
import { lastWords } from './last-words.js'
import { isTaken } from './port.js'
import { untilReady } from './readiness.js'

export interface ServiceProcess {
  readonly command: (artifact: Artifact) => Command
  /** Default 1. */
  readonly instances?: number
  /** A GET of it answers 200 once the instance can take traffic. Default `/`. */
  readonly readyPath?: string
  /** From SIGTERM to SIGKILL, in milliseconds. Default 10,000. */
  readonly drainMs?: number
}

export interface Version {
  readonly unit: string
  readonly artifact: Artifact
  readonly folder: string
  readonly service: Required<ServiceProcess>
}

/** A port found free can be gone when the service asks for it. */
const portsTried = 3

/** Adopts what runs, clears away what does not, starts what is missing, and waits for all of it. */
export async function makeReady(version: Version, signal: AbortSignal): Promise<void> {
  const { folder, service } = version
  const command = service.command(version.artifact)
  const alive: Instance[] = []
  for (const instance of await instancesIn(folder))
    if (!instance.isEnding && (await isAlive(instance))) alive.push(instance)
    else await endInstance(instance, service.drainMs, signal)

  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const adopted = alive.map(async (instance) => {
    if ((await untilReady(instance, service.readyPath, stop)) === undefined) return
    // It was on its way out when it was found. A new one shows whether the version itself is at fault.
    await endInstance(instance, service.drainMs, stop)
    await startOne(version, command, stop)
  })
  const started = Array.from({ length: Math.max(0, service.instances - alive.length) }, () => startOne(version, command, stop))
  const all = [...adopted, ...started]
  await Promise.all(all).catch(async (error) => {
    failed.abort()
    await Promise.allSettled(all)
    throw error
  })
}

async function startOne(version: Version, command: Command, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { instance, ended } = await startInstance(version.folder, command)
    const end = await untilReady(instance, version.service.readyPath, signal, ended)
    if (end === undefined) return
    if (attempt === portsTried || !(await isTaken(instance.port))) throw await neverReady(version, command, instance, end)
    await endInstance(instance, version.service.drainMs, signal)
  }
}

async function neverReady({ unit, artifact }: Version, command: Command, instance: Instance, end: string): Promise<ReleaseError> {
  const { port } = instance
  const taken = (await isTaken(port)) ? ` Something else listens on port ${port}; ${portsTried} ports were tried.` : ''
  const words = (await lastWords(instance, command)) || 'nothing'
  const says = `${unit} ${artifact.version} ${end} before it was ready on port ${port}.${taken} Mend it and deploy again. Its stderr ends with:\n${words}`
  return new ReleaseError('adapter/rejected', says, { unit, version: artifact.version, port })
}
