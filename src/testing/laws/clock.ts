import type { Clock } from '../../ports/clock.js'
import { ensure, type Law, lawsOf } from './law.js'

/** A clock to try. */
export interface ClockSubject {
  readonly clock: Clock
  /** Resolves once so much time has passed, milliseconds: by waiting, or by saying so. */
  readonly pass: (ms: number) => Promise<void>
  /** Sets back the time of day of the machine under the clock, milliseconds. */
  readonly setBack?: (ms: number) => void | Promise<void>
}

const law = lawsOf<ClockSubject>()

/** What every `Clock` obeys. */
export const clockLaws: readonly Law<ClockSubject>[] = [
  law('CL1', 'time is whole milliseconds, and never goes back', [], async ({ clock, pass }) => {
    const seen = [clock.now()]
    for (let i = 0; i < 200; i++) {
      if (i % 50 === 0) await pass(1)
      seen.push(clock.now())
    }
    ensure(seen.every(Number.isSafeInteger), `time was ${seen.find((now) => !Number.isSafeInteger(now))}`)
    ensure(isSorted(seen), 'time went back')
  }),

  law('CL2', 'time goes on', [], async ({ clock, pass }) => {
    const before = clock.now()
    await pass(20)
    ensure(clock.now() > before, 'time stands still')
  }),

  law('CL3', 'a timer fires at its instant or after it, and once', [], async ({ clock, pass }) => {
    const instants = [0, 1, 2, 7, 20].map((ms) => clock.now() + ms)
    const fired = instants.map(() => [] as number[])
    await allFire(pass, instants.length, (done) =>
      instants.forEach((instant, i) => {
        clock.at(instant, () => {
          fired[i]!.push(clock.now())
          done()
        })
      }),
    )
    await pass(20)
    for (const [i, [first, ...again]] of fired.entries()) {
      ensure(first! >= instants[i]!, `a timer fired ${instants[i]! - first!} ms early`)
      ensure(again.length === 0, `a timer fired ${again.length + 1} times`)
    }
  }),

  law('CL4', 'timers fire in the order of their instants', [], async ({ clock, pass }) => {
    const from = clock.now()
    const order: number[] = []
    await allFire(pass, 4, (done) => {
      for (const ms of [30, 5, 45, 15])
        clock.at(from + ms, () => {
          order.push(ms)
          done()
        })
    })
    ensure(order.join() === '5,15,30,45', `timers at 5, 15, 30 and 45 ms fired as ${order.join()}`)
  }),

  law('CL5', 'a cancelled timer never fires, and cancelling again or too late is fine', [], async ({ clock, pass }) => {
    const fired: string[] = []
    const cancels = [0, 10].map((ms) => clock.at(clock.now() + ms, () => fired.push('cancelled')))
    for (const cancel of [...cancels, ...cancels]) cancel()
    let late = () => {}
    await allFire(pass, 1, (done) => {
      late = clock.at(clock.now() + 20, done)
    })
    late()
    await pass(20)
    ensure(fired.length === 0, `${fired.length} cancelled timers fired`)
  }),

  law('CL6', 'a past instant fires soon, and not before the timer was set', [], async ({ clock, pass }) => {
    for (const instant of [clock.now() - 1, clock.now() - 86_400_000, 0]) {
      let isSet = false
      await allFire(pass, 1, (done) => {
        clock.at(instant, () => {
          ensure(isSet, 'the timer fired before it could be cancelled')
          done()
        })
        isSet = true
      })
    }
  }),

  law('CL7', 'tomorrow, next month and never are not at once', [], async ({ clock, pass }) => {
    const days = [1, 24.9, 50, 400, 100_000]
    const far = [...days.map((day) => clock.now() + day * 86_400_000), Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]
    let fired = 0
    const cancels = far.map((instant) =>
      clock.at(instant, () => {
        fired += 1
      }),
    )
    await pass(50)
    for (const cancel of cancels) cancel()
    ensure(fired === 0, `${fired} of ${far.length} far timers fired`)
  }),

  law('CL8', 'a timer may set and cancel others', [], async ({ clock, pass }) => {
    let cancelled = false
    await allFire(pass, 1, (done) => {
      const other = clock.at(clock.now() + 40, () => {
        cancelled = true
      })
      clock.at(clock.now() + 5, () => {
        other()
        clock.at(clock.now() + 5, done)
      })
    })
    await pass(50)
    ensure(!cancelled, 'a timer that another one cancelled fired')
  }),

  law('CL9', 'when the machine is set back, time does not', ['setBack'], async ({ clock, pass, setBack }) => {
    const before = clock.now()
    await setBack(3_600_000)
    const after = clock.now()
    ensure(after >= before, `time went back by ${before - after} ms`)
    await allFire(pass, 1, (done) => {
      clock.at(after + 10, done)
    })
  }),
]

/** Lets time pass until so many timers have fired; one that never does is for the test runner to notice. */
async function allFire(pass: ClockSubject['pass'], count: number, set: (done: () => void) => void): Promise<void> {
  const all = Promise.withResolvers<void>()
  let fired = 0
  set(() => {
    fired += 1
    if (fired === count) all.resolve()
  })
  await Promise.all([all.promise, pass(60)])
}

const isSorted = (numbers: readonly number[]) => numbers.every((number, i) => i === 0 || number >= numbers[i - 1]!)
