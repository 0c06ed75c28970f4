import { z } from 'zod'
import { LazyReason } from '../analysis/lazy-reason.js'
import { type Effect, eventSchema, type ReleaseEvent } from '../lifecycle/protocol.js'
import type { ReleaseSnapshot } from '../lifecycle/release.js'
import { contextOf } from '../lifecycle/release.js'
import type { UnitBindings } from '../plan/program.js'
import type { CallOptions } from '../ports/call-options.js'
import type { Route } from '../ports/traffic-router.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Adapters } from './adapters.js'
import { type AttemptSetting, asReleaseError, attempt, longestText } from './attempt.js'
import { look } from './look.js'

/** The fact that answers an order; the driver stamps it with the instant. */
export type Answer = Unstamped<Extract<ReleaseEvent, { key: string }>> | ApprovalAnswerEvent
type Unstamped<T> = T extends unknown ? Omit<T, 'at'> : never
type ApprovalAnswerEvent = Unstamped<Extract<ReleaseEvent, { gate: string }>>

/** Everything that reaches the world for one order. */
export interface Performance {
  readonly adapters: Adapters
  readonly snapshot: ReleaseSnapshot
  readonly now: () => number
  readonly setting: AttemptSetting
}

/**
 * Carries out one order and says what became of it. Desired state throughout, so that an order that was given before a
 * crash can be given again; what a call claims to have done is read back before it is believed.
 */
export async function perform(effect: Effect, performance: Performance): Promise<Answer> {
  const { track, key } = effect
  try {
    return recordable(await carryOut(effect, performance), effect, performance)
  } catch (error) {
    const { code, message } = asReleaseError(error)
    return { type: 'effect.failed', track, key, code, says: message.slice(0, longestText) }
  }
}

/** Adapters may answer anything; what a journal could not be read back with must never get into one. */
function recordable(answer: Answer, effect: Effect, { snapshot }: Performance): Answer {
  // A judge of ours on readings that were found sound: what it says has the right shape, and only a number of its own could be none.
  const isOurs = effect.type === 'metrics.look' && snapshot.plan.judges[effect.judge]?.use !== 'custom'
  if (isOurs && answer.type === 'metrics.looked' && isJson(answer.verdict) && isJson(answer.evidence)) return answer
  const { error } = eventSchema.safeParse({ ...answer, at: 0 })
  if (error === undefined) return answer
  throw new ReleaseError('adapter/rejected', `The answer is not what the port asks for: ${z.prettifyError(error)}`)
}

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  // Its numbers are finite by its making, and nobody may ever ask for them.
  if (value instanceof LazyReason) return true
  if (value === null || typeof value !== 'object')
    return typeof value === 'string' || typeof value === 'boolean' || value === null
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isJson(value[i])) return false
    return true
  }
  for (const key in value) if (!isJson(value[key as keyof typeof value])) return false
  return true
}

async function carryOut(effect: Effect, performance: Performance): Promise<Answer> {
  const { adapters, snapshot, setting } = performance
  const { track, key } = effect
  const { timeouts } = snapshot.program
  const place = placeOf(snapshot, track)
  switch (effect.type) {
    case 'unit.deploy': {
      const { unit, artifact, role } = effect
      const target = bound(adapters.deploy, place.deploy)
      await attempt({ ...setting, timeoutMs: timeouts.deploy }, async (options) => {
        await target.deploy({ unit, artifact, role }, options)
        const { versions } = await target.observe(unit, options)
        const found = versions.find((version) => version.artifact.version === artifact.version)
        if (found === undefined || (found.instances > 0 && found.readyInstances === 0))
          throw unverified(
            `"${unit}" ${artifact.version} was to run, and its target has ${found ? 'none of it ready' : 'none of it'}.`,
          )
      })
      return { key, track, type: 'unit.deployed' }
    }
    case 'traffic.shift': {
      const router = bound(adapters.router, place.router)
      const route = routeOf(performance, effect)
      await attempt(setting, async (options) => {
        await router.setWeight(route, effect.weight, options)
        const inForce = await router.getWeight(route, options)
        if (inForce !== effect.weight)
          throw unverified(
            `The router was asked for ${effect.weight} % of "${effect.unit}" for the canary, and has ${inForce} in force.`,
          )
      })
      return { key, track, type: 'traffic.shifted', weight: effect.weight }
    }
    case 'unit.promote': {
      const { unit, artifact } = effect
      const target = bound(adapters.deploy, place.deploy)
      await attempt({ ...setting, timeoutMs: timeouts.promote }, async (options) => {
        await target.promote({ unit, artifact }, options)
        if (effect.settles) await bound(adapters.router, place.router).settle({ unit, version: artifact.version }, options)
        const { stable } = await target.observe(unit, options)
        if (stable?.version !== artifact.version)
          throw unverified(
            `"${unit}" was to become ${artifact.version}, and its target still says ${stable?.version ?? 'nothing'}.`,
          )
      })
      return { key, track, type: 'unit.promoted' }
    }
    case 'unit.retire': {
      const { unit, artifact } = effect
      const target = bound(adapters.deploy, place.deploy)
      await attempt({ ...setting, timeoutMs: timeouts.retire }, async (options) => {
        await refuseWhileServing(performance, effect, options)
        await target.retire({ unit, artifact }, options)
      })
      return { key, track, type: 'unit.retired' }
    }
    case 'metrics.look':
      return look(effect, performance)
    case 'hook.call': {
      const { canary, stable, track: line } = contextOf(snapshot.tracks[track]).setting
      const { unit, hook, input } = effect
      const call = bound(adapters.hook, hook)
      const request = { release: snapshot.release, stage: line.stage, unit, canary: canary!, input, ...(stable && { stable }) }
      const timeoutMs = contextOf(snapshot.tracks[track]).rollback ? timeouts.rollback : Number.MAX_SAFE_INTEGER
      const { outcome, says } = await attempt({ ...setting, timeoutMs }, (options) => call(request, options))
      return { key, outcome, says, track, type: 'hook.finished' }
    }
    case 'approval.request': {
      const { gate, approver, expiresAt, quorum } = effect
      const { release, planHash, artifacts, plan, author } = snapshot
      const says = `Release ${release} of ${plan.name}, by ${author.id}, asks for ${quorum === 1 ? 'an approval' : `${quorum} approvals`} at ${gate}.`
      const request = { release, planHash, gate, artifacts, says, expiresAt }
      const answer = await attempt({ ...setting, timeoutMs: Number.MAX_SAFE_INTEGER }, (options) =>
        bound(adapters.approver, approver).request(request, options),
      )
      if (answer === undefined) return { type: 'approval.requested', track, key }
      const { decision, actor, reason } = answer
      return { type: decision === 'approve' ? 'approval.granted' : 'approval.rejected', id: key, gate, actor, reason }
    }
  }
}

/** I6: whatever gets traffic keeps running, whoever moved the weight. */
async function refuseWhileServing(
  performance: Performance,
  effect: Extract<Effect, { type: 'unit.retire' }>,
  options: CallOptions,
) {
  const { adapters, snapshot } = performance
  const { canary } = contextOf(snapshot.tracks[effect.track]).setting
  const name = placeOf(snapshot, effect.track).router
  // After promotion the canary is stable; the old version has no place in the router any more.
  if (name === undefined || effect.artifact.version !== canary?.version) return
  const weight = await bound(adapters.router, name).getWeight(routeOf(performance, effect), options)
  if (weight !== 0)
    throw unverified(`${effect.unit} ${effect.artifact.version} is not stopped: the router still has ${weight} % there.`)
}

/** The names by which a track reaches the world; none for gates. */
export function placeOf({ tracks }: ReleaseSnapshot, track: string): Partial<UnitBindings> {
  return contextOf(tracks[track]).setting.track.bindings ?? {}
}

export function routeOf({ snapshot }: Performance, effect: { readonly track: string; readonly unit: string }): Route {
  const { canary, stable } = contextOf(snapshot.tracks[effect.track]).setting
  return { unit: effect.unit, canary: canary!.version, ...(stable && { stable: stable.version }) }
}

/** Preflight has seen that it is there; if it is not, the caller changed the adapters of a running orchestrator. */
export function bound<T>(adapters: Readonly<Record<string, T>> | undefined, name: string | undefined): T {
  const adapter = name !== undefined && adapters && Object.hasOwn(adapters, name) ? adapters[name] : undefined
  if (adapter === undefined) throw new ReleaseError('plan/unbound', `No adapter is bound to "${name}" any more.`)
  return adapter
}

function unverified(message: string): ReleaseError {
  return new ReleaseError('adapter/unverified', message)
}
