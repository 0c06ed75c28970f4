import type { CallOptions } from '../../ports/call-options.js'
import type { DeployTarget } from '../../ports/deploy-target.js'
import type { Artifact } from '../../vocabulary/artifact.js'
import { canonicalJson } from '../../vocabulary/canonical-json.js'
import { call, ensure, givenUp, isRefused, isRefusedForGood, type Law, lawsOf, shown } from './law.js'

/** A deploy target to try, and versions to try it with. */
export interface DeployTargetSubject {
  readonly target: DeployTarget
  readonly unit: string
  /** Two versions that become ready. Neither is there yet, and nothing is stable. */
  readonly stable: Artifact
  readonly canary: Artifact
  /** Another target for the same product, as the next process would make it. */
  readonly reopen?: () => DeployTarget
  /** A version that never becomes ready. */
  readonly broken?: Artifact
  /** The product refuses fencing tokens lower than it has seen. */
  readonly fencing?: boolean
}

const law = lawsOf<DeployTargetSubject>()

/** What every adapter of `DeployTarget` obeys. */
export const deployTargetLaws: readonly Law<DeployTargetSubject>[] = [
  law('DT1', 'a version that was deployed is there, with every instance ready', [], async ({ target, unit, canary }) => {
    await target.deploy({ unit, artifact: canary, role: 'canary' }, call())
    await isReady(target, unit, canary)
  }),

  law('DT2', 'deploying twice is deploying once', [], async ({ target, unit, canary }) => {
    await target.deploy({ unit, artifact: canary, role: 'canary' }, call())
    const once = await stateOf(target, unit)
    await target.deploy({ unit, artifact: canary, role: 'canary' }, call())
    await isUnchanged(target, unit, once, 'the same call again')
    await target.deploy({ unit, artifact: canary, role: 'canary' }, call({ idempotencyKey: 'another' }))
    await isUnchanged(target, unit, once, 'another call for the same')
  }),

  law('DT3', 'a canary runs beside stable, which stays as it is', [], async (subject) => {
    const { target, unit, stable, canary } = subject
    await beginCanary(subject)
    for (const artifact of [stable, canary]) await isReady(target, unit, artifact)
    await isStable(target, unit, stable)
  }),

  law('DT4', 'a promoted version is the stable one, and nothing was stopped', [], async (subject) => {
    const { target, unit, stable, canary } = subject
    await beginCanary(subject)
    await target.promote({ unit, artifact: canary }, call({ idempotencyKey: 'promote' }))
    for (const artifact of [stable, canary]) await isReady(target, unit, artifact)
    await isStable(target, unit, canary)
  }),

  law('DT5', 'promoting twice is promoting once', [], async ({ target, unit, stable }) => {
    await target.deploy({ unit, artifact: stable, role: 'stable' }, call())
    await target.promote({ unit, artifact: stable }, call({ idempotencyKey: 'promote' }))
    const once = await stateOf(target, unit)
    await target.promote({ unit, artifact: stable }, call({ idempotencyKey: 'promote' }))
    await isUnchanged(target, unit, once, 'the same call again')
  }),

  law('DT6', 'a version that was never deployed cannot become stable', [], async ({ target, unit, stable, canary }) => {
    await target.deploy({ unit, artifact: stable, role: 'stable' }, call())
    await target.promote({ unit, artifact: stable }, call({ idempotencyKey: 'promote' }))
    const before = await stateOf(target, unit)
    await isRefusedForGood('promoting it', () =>
      target.promote({ unit, artifact: canary }, call({ idempotencyKey: 'never deployed' })),
    )
    await isUnchanged(target, unit, before, 'the refusal')
  }),

  law('DT7', 'a retired version is gone, and the others stay', [], async (subject) => {
    const { target, unit, stable, canary } = subject
    await beginCanary(subject)
    await target.retire({ unit, artifact: canary }, call({ idempotencyKey: 'retire' }))
    await isGone(target, unit, canary)
    await isReady(target, unit, stable)
    await isStable(target, unit, stable)
  }),

  law('DT8', 'retiring what is not there is done already', [], async ({ target, unit, stable, canary }) => {
    await target.retire({ unit, artifact: stable }, call())
    await target.deploy({ unit, artifact: canary, role: 'canary' }, call({ idempotencyKey: 'deploy' }))
    for (const idempotencyKey of ['retire', 'retire', 'again'])
      await target.retire({ unit, artifact: canary }, call({ idempotencyKey }))
    await isGone(target, unit, canary)
  }),

  law('DT9', 'a retired version can be deployed again', [], async ({ target, unit, canary }) => {
    await target.deploy({ unit, artifact: canary, role: 'canary' }, call())
    await target.retire({ unit, artifact: canary }, call({ idempotencyKey: 'retire' }))
    await target.deploy({ unit, artifact: canary, role: 'canary' }, call({ idempotencyKey: 'deploy again' }))
    await isReady(target, unit, canary)
  }),

  law('DT10', 'what is there is read from the product, so another process reads the same', ['reopen'], async (subject) => {
    const { target, unit, canary, reopen } = subject
    await beginCanary(subject)
    const next = reopen()
    await isUnchanged(next, unit, await stateOf(target, unit), 'a new process')
    await next.retire({ unit, artifact: canary }, call({ idempotencyKey: 'retire' }))
    await isGone(target, unit, canary)
  }),

  law('DT11', 'a version that never becomes ready is refused for good, and stable stays', ['broken'], async (subject) => {
    const { target, unit, stable, broken } = subject
    await beginCanary(subject)
    const { code } = await isRefused('deploying it', () =>
      target.deploy({ unit, artifact: broken, role: 'canary' }, call({ idempotencyKey: 'broken' })),
    )
    ensure(code === 'adapter/rejected', `what can never become ready should be refused for good, and got ${code}`)
    const { versions } = await target.observe(unit, call())
    ensure((versionIn(versions, broken)?.readyInstances ?? 0) === 0, `${broken.version} never becomes ready, and is said to be`)
    await isReady(target, unit, stable)
    await isStable(target, unit, stable)
  }),

  law('DT12', 'a call that was given up before it began changes nothing', [], async (subject) => {
    const { target, unit, stable } = subject
    await target.deploy({ unit, artifact: stable, role: 'stable' }, call())
    await refusesAllChanges(subject, givenUp)
    await isRefused('observing', () => target.observe(unit, givenUp()))
  }),

  law('DT13', 'a process that is no longer in charge changes nothing', ['fencing'], async (subject) => {
    const { target, unit, stable } = subject
    await target.deploy({ unit, artifact: stable, role: 'stable' }, call({ fencingToken: 2 }))
    await refusesAllChanges(subject, () => call({ idempotencyKey: 'too late', fencingToken: 1 }))
  }),
]

/** Stable is promoted, and the canary has come beside it. */
async function beginCanary({ target, unit, stable, canary }: DeployTargetSubject): Promise<void> {
  await target.deploy({ unit, artifact: stable, role: 'stable' }, call({ idempotencyKey: 'begin 1' }))
  await target.promote({ unit, artifact: stable }, call({ idempotencyKey: 'begin 2' }))
  await target.deploy({ unit, artifact: canary, role: 'canary' }, call({ idempotencyKey: 'begin 3' }))
}

/** Stable is there, the canary is not, and so it stays. */
async function refusesAllChanges({ target, unit, stable, canary }: DeployTargetSubject, options: () => CallOptions) {
  const before = await stateOf(target, unit)
  await isRefused('deploying', () => target.deploy({ unit, artifact: canary, role: 'canary' }, options()))
  await isRefused('promoting', () => target.promote({ unit, artifact: stable }, options()))
  await isRefused('retiring', () => target.retire({ unit, artifact: stable }, options()))
  await isUnchanged(target, unit, before, 'the refusals')
}

type Versions = Awaited<ReturnType<DeployTarget['observe']>>['versions']
const versionIn = (versions: Versions, { version }: Artifact) => versions.find(({ artifact }) => artifact.version === version)

async function isReady(target: DeployTarget, unit: string, artifact: Artifact): Promise<void> {
  const found = versionIn((await target.observe(unit, call())).versions, artifact)
  const isWhole = found !== undefined && found.readyInstances > 0 && found.readyInstances === found.instances
  ensure(isWhole, `${artifact.version} should be ready, and is ${shown(found)}`)
}

async function isGone(target: DeployTarget, unit: string, artifact: Artifact): Promise<void> {
  const found = versionIn((await target.observe(unit, call())).versions, artifact)
  ensure(found === undefined, `${artifact.version} should be gone, and is ${shown(found)}`)
}

async function isStable(target: DeployTarget, unit: string, { version }: Artifact): Promise<void> {
  const { stable } = await target.observe(unit, call())
  ensure(stable?.version === version, `${version} should be stable, and ${stable?.version ?? 'nothing'} is`)
}

/** In whatever order the product lists its versions. */
async function stateOf(target: DeployTarget, unit: string): Promise<string> {
  const { stable, versions } = await target.observe(unit, call())
  return canonicalJson({ stable, versions: versions.map((version) => canonicalJson(version)).sort() })
}

async function isUnchanged(target: DeployTarget, unit: string, before: string, what: string): Promise<void> {
  const now = await stateOf(target, unit)
  ensure(now === before, `${what} changed ${before} to ${now}`)
}
