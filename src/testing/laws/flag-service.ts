import type { FlagService } from '../../ports/flag-service.js'
import { call, ensure, givenUp, isRefused, isRefusedForGood, type Law, lawsOf } from './law.js'

/** A flag service to try, and flags to try it with. */
export interface FlagServiceSubject {
  readonly service: FlagService
  /** Two that may be rolled out, at 0 % for now. */
  readonly flag: string
  readonly otherFlag: string
  /** One that the product does not know. */
  readonly unknownFlag: string
  /** Another service for the same product, as the next process would make it. */
  readonly reopen: () => FlagService
  /** The product refuses fencing tokens lower than it has seen. */
  readonly fencing?: boolean
}

const law = lawsOf<FlagServiceSubject>()

/** What every adapter of `FlagService` obeys. */
export const flagServiceLaws: readonly Law<FlagServiceSubject>[] = [
  law('FS1', 'the share that was set is the share in force, from 0 to 100 % and back', [], async ({ service, flag }) => {
    const { smallestStepPercent: step } = service.capabilities
    ensure(step > 0 && step <= 100, `the smallest step is ${step} %`)
    for (const percent of [step, 25, 50, 100 - step, 100, 50, step, 0, 100, 0]) {
      await service.setRollout(flag, percent, call())
      await isInForce(service, flag, percent)
    }
  }),

  law('FS2', 'setting a share twice is setting it once', [], async ({ service, flag }) => {
    for (const percent of [50, 50, 0, 0]) {
      await service.setRollout(flag, percent, call({ idempotencyKey: `set ${percent}` }))
      await isInForce(service, flag, percent)
    }
  }),

  law('FS3', 'the share in force is read from the product, so another process reads the same', [], async (subject) => {
    const { service, flag, reopen } = subject
    await service.setRollout(flag, 25, call())
    const next = reopen()
    await isInForce(next, flag, 25)
    await next.setRollout(flag, 75, call())
    await isInForce(service, flag, 75)
  }),

  law('FS4', 'a flag is rolled out without touching another one, also at the same time', [], async (subject) => {
    const { service, flag, otherFlag } = subject
    await service.setRollout(flag, 10, call())
    await isInForce(service, otherFlag, 0)
    await Promise.all([service.setRollout(flag, 20, call()), service.setRollout(otherFlag, 30, call())])
    await isInForce(service, flag, 20)
    await isInForce(service, otherFlag, 30)
  }),

  law('FS5', 'what is no share is refused for good, and changes nothing', [], async ({ service, flag }) => {
    await service.setRollout(flag, 50, call())
    for (const percent of [-1, 100.5, 133, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      await isRefusedForGood(`${percent} %`, () => service.setRollout(flag, percent, call()))
      await isInForce(service, flag, 50)
    }
  }),

  law('FS6', 'a share between two steps is refused for good, never rounded', [], async ({ service, flag }) => {
    const between = 50 + service.capabilities.smallestStepPercent / 2
    await service.setRollout(flag, 25, call())
    await isRefusedForGood(`${between} %`, () => service.setRollout(flag, between, call()))
    await isInForce(service, flag, 25)
  }),

  law('FS7', 'a flag that the product does not know is refused for good, and has no share', [], async (subject) => {
    const { service, unknownFlag } = subject
    await isRefusedForGood('setting it', () => service.setRollout(unknownFlag, 50, call()))
    await isRefusedForGood('reading it', () => service.getRollout(unknownFlag, call()))
  }),

  law('FS8', 'a call that was given up before it began changes nothing', [], async ({ service, flag }) => {
    await service.setRollout(flag, 25, call())
    await isRefused('setting it', () => service.setRollout(flag, 50, givenUp()))
    await isRefused('reading it', () => service.getRollout(flag, givenUp()))
    await isInForce(service, flag, 25)
  }),

  law('FS9', 'a process that is no longer in charge changes nothing', ['fencing'], async ({ service, flag }) => {
    await service.setRollout(flag, 25, call({ fencingToken: 2 }))
    await isRefusedForGood('a lower fencing token', () => service.setRollout(flag, 50, call({ fencingToken: 1 })))
    await isInForce(service, flag, 25)
  }),
]

async function isInForce(service: FlagService, flag: string, percent: number): Promise<void> {
  const read = await service.getRollout(flag, call())
  ensure(read === percent, `${percent} % of "${flag}" should be in force, and ${read} is`)
}
