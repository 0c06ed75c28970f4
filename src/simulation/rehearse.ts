import type { Effect } from '../lifecycle/protocol.js'
import type { ReleaseRecord } from '../lifecycle/record.js'
import type { ReleaseStatus } from '../lifecycle/status.js'
import { parsePlan } from '../plan/define-plan.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { programOf } from '../plan/program.js'
import { ReleaseError } from '../vocabulary/errors.js'
import { bindingNames } from './binding-names.js'
import { scriptOf } from './script.js'
import { type Simulation, startScripted } from './start-simulation.js'
import { type World, type WorldInput, worldSchema } from './world.js'

/** One thing a rollback did. */
export interface Operation {
  readonly track: string
  readonly does: Effect['type']
  /** Such as "checkout to 0 %", or the name of a hook. */
  readonly what: string
  /** Milliseconds since the abort. */
  readonly afterMs: number
}

/** A rollback from one step of one track. */
export interface RehearsedPoint {
  readonly track: string
  readonly step: string
  /** What the canary had there, percent. */
  readonly weightPercent: number
  /** `held`: something cannot be taken back, and a human has to decide. `stuck`: it never succeeds, however often it is tried. */
  readonly ends: 'rolledBack' | 'held' | 'stuck'
  /** Why it is held or stuck. */
  readonly says: string
  /** In the order in which they were ordered. */
  readonly operations: readonly Operation[]
  /** From the abort to the end; of one that is held or stuck, to the last answer. Milliseconds. */
  readonly tookMs: number
}

export interface Rehearsal {
  readonly plan: string
  readonly points: readonly RehearsedPoint[]
  /** The rollback with the most operations, the slowest of these. */
  readonly longest: RehearsedPoint
  /** Steps that a rollback leaves as they are: irreversible ones, after which it does not even begin, and those without an `undo`. */
  readonly notUndone: readonly { readonly track: string; readonly step: string; readonly isIrreversible: boolean }[]
}

export interface RehearsalOptions extends Pick<WorldInput, 'takes' | 'hooks'> {
  /** Nothing was live before. */
  readonly isFirst?: boolean
}

/**
 * Runs the rollback of a plan from every step of every stage, in simulation: each time a release goes forwards as far as that
 * step, with everybody approving and a human in the place of every judge, and is aborted there.
 *
 * @param options - `takes`: how long products need; default 1s each, so that every step can be caught in the act
 * @throws ReleaseError `plan/invalid`, `input/invalid`
 */
export async function rehearse(plan: PlanTree, options: RehearsalOptions = {}): Promise<Rehearsal> {
  const checked = parsePlan(plan)
  const world = rehearsalWorld(checked, options)
  const begin = () => startScripted(checked, world, scriptOf(world), { judge: undecided(checked) })
  const places: Place[] = []
  const scout = await begin()
  for (let place = nextPlace(scout.status(), places); ; place = nextPlace(scout.status(), places)) {
    if (place !== undefined) places.push(place)
    else if (!(await goOn(scout, places))) break
  }
  const points: RehearsedPoint[] = []
  for (const place of places) points.push(await rollBackFrom(await begin(), place))
  return {
    plan: checked.name,
    points,
    longest: points.toSorted((a, b) => b.operations.length - a.operations.length || b.tookMs - a.tookMs)[0]!,
    notUndone: programOf(checked).tracks.flatMap(({ id: track, steps }) =>
      steps.flatMap((step) =>
        step.type === 'run' && (step.irreversible || step.undo === undefined)
          ? [{ track, step: step.id, isIrreversible: step.irreversible }]
          : [],
      ),
    ),
  }
}

interface Place {
  readonly track: string
  readonly step: string
}

/** Everybody approves, and everything takes a second. */
function rehearsalWorld(plan: PlanTree, { takes = {}, hooks = {}, isFirst = false }: RehearsalOptions): World {
  const quorums = programOf(plan).tracks.flatMap(({ id, steps }) =>
    steps.flatMap((step) => (step.type === 'approve' ? [{ gate: `${id}#${step.id}`, ...step }] : [])),
  )
  const people = quorums.flatMap(({ gate, quorum, roles }) =>
    Array.from({ length: quorum }, (_, i) => {
      return {
        when: 'asked',
        does: 'approve',
        gate,
        roles: [...roles],
        who: `approver-${i + 1}@example.com`,
        after: '1s',
      } as const
    }),
  )
  const second = { takes: '1s' }
  return worldSchema.parse({
    people,
    isFirst,
    takes: { deploy: '1s', shift: '1s', promote: '1s', retire: '1s', ...takes },
    hooks: Object.fromEntries(bindingNames(plan).hook.map((name) => [name, { ...second, ...hooks[name] }])),
  })
}

/** Judges of one's own are not asked: a human takes the place of every judge. */
function undecided({ judges }: PlanTree) {
  return Object.fromEntries(
    Object.values(judges).flatMap((settings) => {
      if (settings.use !== 'custom') return []
      const verdict = {
        outcome: 'inconclusive' as const,
        reasons: [{ code: 'rehearsal', says: 'A rehearsal.', outcome: 'inconclusive' as const }],
      }
      return [[settings.judge, () => ({ metrics: settings.metrics, begin: () => null, look: () => ({ state: null, verdict }) })]]
    }),
  )
}

const steward = { actor: { id: 'rehearsal@example.com' }, reason: 'a rehearsal' }

/** The next step under way that is not known yet. */
function nextPlace({ tracks }: ReleaseStatus, known: readonly Place[]): Place | undefined {
  return tracks
    .filter(({ state }) => state !== 'proposed' && !isOver(state))
    .flatMap(({ id, step }) => (step === null ? [] : [{ track: id, step: step.id }]))
    .find((place) => !known.some(({ track, step }) => track === place.track && step === place.step))
}

const isOver = (state: string) => state === 'promoted' || state === 'rolledBack'

/** Moves a release on until something new is under way. @returns whether there was anything */
async function goOn(run: Simulation, known: readonly Place[]): Promise<boolean> {
  await waive(run)
  await run.until((status) => nextPlace(status, known) !== undefined)
  return !run.status().isFinished
}

/** A human takes the place of every judge that is at work. */
async function waive(run: Simulation): Promise<void> {
  for (const { id, state } of run.status().tracks)
    if (state === 'verifying.watching' || state === 'verifying.waiting') await run.release.promote({ ...steward, track: id })
}

async function rollBackFrom(run: Simulation, place: Place): Promise<RehearsedPoint> {
  const trackOf = ({ tracks }: ReleaseStatus) => tracks.find(({ id }) => id === place.track)!
  const isThere = (status: ReleaseStatus) => trackOf(status).step?.id === place.step && trackOf(status).state !== 'proposed'
  const seen: Place[] = []
  while (!isThere(run.status())) {
    const next = nextPlace(run.status(), seen)
    if (next !== undefined) seen.push(next)
    else await goOn(run, seen)
  }
  const { weight } = trackOf(run.status())
  const abortedAt = run.now()
  await run.release.abort(steward)
  const end = await run
    .until(() => false)
    .then(
      () => ({ ends: 'rolledBack', says: '' }) as const,
      (error) => {
        if (!ReleaseError.is(error)) throw error
        const { waiting, tracks } = run.status()
        const says = waiting[0]?.says ?? tracks.flatMap(({ notice }) => notice?.says ?? [])[0] ?? error.message
        return { ends: error.details.for === 'human' ? 'held' : 'stuck', says } as const
      },
    )
  const operations = new Map<string, Operation>()
  let lastAt = abortedAt
  for await (const { at, body } of run.release.events({ signal: AbortSignal.abort() })) {
    // An order that is given again is the same operation.
    for (const [key, operation] of operationsOf(body))
      if (!operations.has(key)) operations.set(key, { ...operation, afterMs: at - abortedAt })
    if (at > lastAt && 'key' in body.event && body.event.type !== 'effect.failed') lastAt = at
  }
  return { ...place, ...end, weightPercent: weight, operations: [...operations.values()], tookMs: lastAt - abortedAt }
}

/** What a record orders for a rollback, by key; keys tell it from the way forwards. */
function operationsOf({ effects }: ReleaseRecord) {
  return effects
    .filter(({ key }) => key.includes(':rollback:'))
    .map((effect) => [effect.key, { track: effect.track, does: effect.type, what: whatOf(effect) }] as const)
}

function whatOf(effect: Effect): string {
  switch (effect.type) {
    case 'traffic.shift':
      return `${effect.unit} to ${effect.weight} %`
    case 'unit.deploy':
    case 'unit.promote':
    case 'unit.retire':
      return `${effect.unit} ${effect.artifact.version}`
    case 'hook.call':
      return effect.hook
    default:
      return ''
  }
}
