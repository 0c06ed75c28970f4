import type { CallOptions } from '../ports/call-options.js'
import type { DeployTarget } from '../ports/deploy-target.js'
import type { FlagService } from '../ports/flag-service.js'
import type { MetricsSource } from '../ports/metrics-source.js'
import type { TrafficRouter } from '../ports/traffic-router.js'
import type { Artifact } from '../vocabulary/artifact.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Measurement } from '../vocabulary/measurement.js'
import { weightSchema } from '../vocabulary/weight.js'

/** A call that reached the pretended world, in order. */
export interface FakeCall {
  readonly port: 'deploy' | 'router' | 'metrics' | 'flags'
  readonly method: string
  /** Of flags, the flag. */
  readonly unit: string
  readonly detail: string
  readonly key: string
  readonly fencingToken: number
}

export interface FakeWorldOptions {
  /** What is live at the beginning, by unit. */
  readonly stable: Readonly<Record<string, string>>
  /** Flags that exist, at 0 %. */
  readonly flags?: readonly string[]
  /** What a metric shows for a version while it has this weight, percent. Default: 1,000 requests and no error. */
  readonly measure?: (version: string, metric: string, weightPercent: number) => Measurement
  /** Called before each call takes effect; throw to refuse it, or wait to be slow. */
  readonly before?: (call: FakeCall, options: CallOptions) => Promise<void> | void
  /** Called after a call took effect and before its answer arrives; throw to lose the answer. */
  readonly after?: (call: FakeCall, options: CallOptions) => Promise<void> | void
}

/** A whole pretended world: a deploy target, a router and a metrics source that agree with each other, and a flag service. */
export function fakeWorld({
  stable,
  flags: knownFlags = [],
  measure = () => ({ kind: 'counts', total: 1_000, bad: 0 }),
  before,
  after,
}: FakeWorldOptions) {
  const calls: FakeCall[] = []
  const units = new Map<string, { stable: Artifact | undefined; running: Map<string, Artifact> }>()
  for (const [unit, version] of Object.entries(stable))
    units.set(unit, { stable: { version }, running: new Map([[version, { version }]]) })
  /** By unit: the version that has the given share; stable has the rest. */
  const splits = new Map<string, { canary: string; weight: number }>()
  const rollouts = new Map(knownFlags.map((flag) => [flag, 0]))

  const unitNamed = (name: string) => {
    const unit = units.get(name) ?? { stable: undefined, running: new Map<string, Artifact>() }
    units.set(name, unit)
    return unit
  }

  async function call<T>(made: Omit<FakeCall, 'key' | 'fencingToken'>, options: CallOptions, act: () => T): Promise<T> {
    options.signal.throwIfAborted()
    const entry: FakeCall = { ...made, key: options.idempotencyKey, fencingToken: options.fencingToken }
    calls.push(entry)
    await before?.(entry, options)
    options.signal.throwIfAborted()
    const result = act()
    await after?.(entry, options)
    return result
  }

  const deploy: DeployTarget = {
    deploy: ({ unit, artifact }, options) =>
      call({ port: 'deploy', method: 'deploy', unit, detail: artifact.version }, options, () => {
        unitNamed(unit).running.set(artifact.version, artifact)
      }),
    promote: ({ unit, artifact }, options) =>
      call({ port: 'deploy', method: 'promote', unit, detail: artifact.version }, options, () => {
        if (!unitNamed(unit).running.has(artifact.version))
          throw new ReleaseError(
            'adapter/rejected',
            `${unit} ${artifact.version} is not deployed, so it cannot become stable. Deploy it first.`,
          )
        unitNamed(unit).stable = artifact
      }),
    retire: ({ unit, artifact }, options) =>
      call({ port: 'deploy', method: 'retire', unit, detail: artifact.version }, options, () => {
        unitNamed(unit).running.delete(artifact.version)
      }),
    observe: (unit, options) =>
      call({ port: 'deploy', method: 'observe', unit, detail: '' }, options, () => {
        const { stable: live, running } = unitNamed(unit)
        const versions = [...running.values()].map((artifact) => ({ artifact, readyInstances: 1, instances: 1 }))
        return { versions, ...(live && { stable: live }) }
      }),
  }

  function checkRunning(unit: string, version: string): void {
    if (unitNamed(unit).running.has(version)) return
    throw new ReleaseError('adapter/rejected', `${unit} ${version} has no instance that could take traffic. Deploy it first.`)
  }

  const router: TrafficRouter = {
    capabilities: { mirror: false, smallestStepPercent: 0.01 },
    setWeight: ({ unit, canary }, weight, options) =>
      call({ port: 'router', method: 'setWeight', unit, detail: String(weight) }, options, () => {
        checkShare(weight)
        if (weight > 0) checkRunning(unit, canary)
        splits.set(unit, { canary, weight })
      }),
    getWeight: ({ unit, canary }, options) =>
      call({ port: 'router', method: 'getWeight', unit, detail: '' }, options, () => {
        const split = splits.get(unit)
        return split?.canary === canary ? split.weight : 0
      }),
    settle: ({ unit, version }, options) =>
      call({ port: 'router', method: 'settle', unit, detail: version }, options, () => {
        checkRunning(unit, version)
        splits.set(unit, { canary: version, weight: 100 })
      }),
  }

  const metrics: MetricsSource = {
    temporality: 'interval',
    check() {},
    read: ({ unit, versions, queries, from, to }, options) =>
      call({ port: 'metrics', method: 'read', unit, detail: `${from}..${to}` }, options, () => {
        const weight = splits.get(unit)?.weight ?? 0
        const none: Measurement = { kind: 'missing', reason: 'empty', detail: 'Nothing was live before.' }
        return Object.fromEntries(
          Object.keys(queries).map((metric) => [
            metric,
            {
              canary: measure(versions.canary, metric, weight),
              control: versions.control === undefined ? none : measure(versions.control, metric, 100 - weight),
            },
          ]),
        )
      }),
  }

  function checkFlag(flag: string): number {
    const share = rollouts.get(flag)
    if (share === undefined) throw new ReleaseError('adapter/rejected', `There is no flag "${flag}". Create it first.`)
    return share
  }

  const flags: FlagService = {
    capabilities: { smallestStepPercent: 0.01 },
    setRollout: (flag, percent, options) =>
      call({ port: 'flags', method: 'setRollout', unit: flag, detail: String(percent) }, options, () => {
        checkFlag(flag)
        checkShare(percent)
        rollouts.set(flag, percent)
      }),
    getRollout: (flag, options) =>
      call({ port: 'flags', method: 'getRollout', unit: flag, detail: '' }, options, () => checkFlag(flag)),
  }

  return {
    deploy,
    router,
    metrics,
    flags,
    /** Everything that reached this world, in order. */
    calls: calls as readonly FakeCall[],
    /** The canary's share of a unit's traffic, percent. */
    weight: (unit: string) => splits.get(unit)?.weight ?? 0,
    stable: (unit: string) => units.get(unit)?.stable?.version,
    running: (unit: string) => [...(units.get(unit)?.running.keys() ?? [])].sort(),
    /** A hand edit behind the release's back. */
    tamper(unit: string, weight: number) {
      const split = splits.get(unit)
      if (split) splits.set(unit, { ...split, weight })
    },
  }
}

function checkShare(percent: number): void {
  if (!weightSchema.safeParse(percent).success)
    throw new ReleaseError('input/invalid', `${percent} is no share. Give 0 to 100 percent, with at most two decimals.`)
}
