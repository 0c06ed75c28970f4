import type { Clock } from '../ports/clock.js'
import type { Journal } from '../ports/journal.js'
import { ReleaseError } from '../vocabulary/errors.js'

/**
 * What goes wrong with one call.
 *
 * `refused` fails before it takes effect, `lost` after: the caller cannot tell the two apart.
 * `late` takes effect and answers after a minute, whatever its signal says.
 * `hung` never takes effect and never answers; `silent` takes effect and never answers.
 * `repeated` takes effect twice. `stale` answers as the call of the same method before it did; only questions can.
 * `ignored` claims success and does nothing; only calls that answer nothing can.
 */
export type Fault = 'refused' | 'lost' | 'late' | 'hung' | 'silent' | 'repeated' | 'stale' | 'ignored'
export const everyFault: readonly Fault[] = ['refused', 'lost', 'late', 'hung', 'silent', 'repeated', 'stale', 'ignored']

const lateMs = 60_000
const outage = (method: string) => new ReleaseError('adapter/unavailable', `${method}: the connection was cut.`)

/**
 * Any adapter, with faults. Works for objects of methods and for single functions, such as hooks.
 * @param next - asked at each call; `undefined` lets it through as it is
 */
export function withFaults<T extends object>(adapter: T, clock: Clock, next: (method: string) => Fault | undefined): T {
  const last = new Map<string, unknown>()
  const faulty =
    (method: string, call: (...input: unknown[]) => unknown) =>
    async (...input: unknown[]) => {
      const fault = next(method)
      const act = async () => {
        const answer = await call(...input)
        last.set(method, answer)
        return answer
      }
      switch (fault) {
        case 'refused':
          throw outage(method)
        case 'lost':
          await act()
          throw outage(method)
        case 'late':
          await new Promise<void>((resolve) => clock.at(clock.now() + lateMs, resolve))
          return act()
        case 'hung':
          return new Promise(() => {})
        case 'silent':
          await act()
          return new Promise(() => {})
        case 'repeated':
          await act()
          return act()
        case 'stale':
          return isRead(method) && last.has(method) ? last.get(method) : act()
        case 'ignored':
          return isRead(method) ? act() : undefined
        default:
          return act()
      }
    }
  return new Proxy(adapter, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      // What answers at once cannot fail on its way.
      return typeof member === 'function' && name !== 'check' ? faulty(String(name), member.bind(target)) : member
    },
    apply: (target, self, input) => faulty('call', (...given) => Reflect.apply(target as never, self, given))(...input),
  })
}

const isRead = (method: string) => ['observe', 'getWeight', 'getRollout', 'read', 'request', 'call'].includes(method)

/** A journal whose appends fail before (`refused`) or after (`lost`) they are durable. After either, it fails for good. */
export function faultyJournal(journal: Journal, next: () => 'refused' | 'lost' | undefined): Journal {
  let failed = false
  return {
    fencingToken: journal.fencingToken,
    read: (release) => journal.read(release),
    releases: () => journal.releases(),
    close: () => journal.close(),
    async append(record) {
      const fault = failed ? 'refused' : next()
      failed ||= fault !== undefined
      if (fault !== 'refused') await journal.append(record)
      if (fault !== undefined) throw new ReleaseError('journal/failed', 'The disk did not confirm the record.')
    },
  }
}

/** A clock that is wrong by so many milliseconds, more or fewer at each question. Timers go by the time that passes in truth. */
export function skewedClock(clock: Clock, skewMs: () => number): Clock {
  return { now: () => clock.now() + skewMs(), at: (instant, call) => clock.at(instant - skewMs(), call) }
}
