import type { CallOptions } from '../../ports/call-options.js'
import type { FlagService } from '../../ports/flag-service.js'
import { ReleaseError } from '../../vocabulary/errors.js'

/** A flag service to try, and flags to try it with. Each law gets a fresh one. */
export interface FlagServiceSubject {
  readonly service: FlagService
  /** Two flags that may be rolled out, at 0 % for now. */
  readonly flags: readonly [string, string]
  /** One that the product does not know. */
  readonly unknownFlag: string
  /** Another service for the same product, as the next process would make it. */
  readonly reopen: () => FlagService
}

export interface FlagServiceLaw {
  readonly id: string
  readonly says: string
  /** @throws Error when the law is broken */
  readonly check: (make: () => FlagServiceSubject | Promise<FlagServiceSubject>) => Promise<void>
}

type Check = (subject: FlagServiceSubject) => Promise<void>
const law = (id: string, says: string, check: Check): FlagServiceLaw => ({
  id,
  says,
  check: async (make) => check(await make()),
})

/** What every adapter of `FlagService` obeys. With any runner: `test(law.says, () => law.check(() => subject()))`. */
export const flagServiceLaws: readonly FlagServiceLaw[] = [
  law('FS1', 'the share that was set is the share in force, from 0 to 100 % and back', async ({ service, flags: [flag] }) => {
    const { smallestStepPercent: step } = service.capabilities
    ensure(step > 0 && step <= 100, `the smallest step is ${step} %`)
    for (const percent of [step, 25, 50, 100 - step, 100, 50, step, 0, 100, 0]) {
      await service.setRollout(flag, percent, call())
      await isInForce(service, flag, percent)
    }
  }),

  law('FS2', 'setting a share twice is setting it once', async ({ service, flags: [flag] }) => {
    for (const percent of [50, 50, 0, 0]) {
      await service.setRollout(flag, percent, call(`set ${percent}`))
      await isInForce(service, flag, percent)
    }
  }),

  law('FS3', 'the share in force is read from the product, so another process reads the same', async (subject) => {
    const { service, flags, reopen } = subject
    await service.setRollout(flags[0], 25, call())
    const next = reopen()
    await isInForce(next, flags[0], 25)
    await next.setRollout(flags[0], 75, call())
    await isInForce(service, flags[0], 75)
  }),

  law(
    'FS4',
    'a flag is rolled out without touching another one, also at the same time',
    async ({ service, flags: [one, two] }) => {
      await service.setRollout(one, 10, call())
      await isInForce(service, two, 0)
      await Promise.all([service.setRollout(one, 20, call()), service.setRollout(two, 30, call())])
      await isInForce(service, one, 20)
      await isInForce(service, two, 30)
    },
  ),

  law('FS5', 'what is no share is refused for good, and changes nothing', async ({ service, flags: [flag] }) => {
    await service.setRollout(flag, 50, call())
    for (const percent of [-1, 100.5, 133, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      await isRefusedForGood(`${percent} %`, () => service.setRollout(flag, percent, call()))
      await isInForce(service, flag, 50)
    }
  }),

  law('FS6', 'a share between two steps is refused for good, never rounded', async ({ service, flags: [flag] }) => {
    const between = 50 + service.capabilities.smallestStepPercent / 2
    await service.setRollout(flag, 25, call())
    await isRefusedForGood(`${between} %`, () => service.setRollout(flag, between, call()))
    await isInForce(service, flag, 25)
  }),

  law('FS7', 'a flag that the product does not know is refused for good, and has no share', async ({ service, unknownFlag }) => {
    await isRefusedForGood('setting it', () => service.setRollout(unknownFlag, 50, call()))
    await isRefusedForGood('reading it', () => service.getRollout(unknownFlag, call()))
  }),

  law('FS8', 'a call that was given up before it began changes nothing', async ({ service, flags: [flag] }) => {
    await service.setRollout(flag, 25, call())
    const signal = AbortSignal.abort(new ReleaseError('engine/stopped', 'Given up.'))
    await isRefused('setting it', () => service.setRollout(flag, 50, { ...call(), signal }))
    await isRefused('reading it', () => service.getRollout(flag, { ...call(), signal }))
    await isInForce(service, flag, 25)
  }),
]

const call = (idempotencyKey = 'law'): CallOptions => ({
  signal: new AbortController().signal,
  idempotencyKey,
  fencingToken: 1,
})

async function isInForce(service: FlagService, flag: string, percent: number): Promise<void> {
  const read = await service.getRollout(flag, call())
  ensure(read === percent, `${percent} % of "${flag}" should be in force, and ${read} is`)
}

async function isRefused(what: string, act: () => Promise<unknown>): Promise<ReleaseError> {
  const outcome = await act().then(
    () => 'nothing',
    (error: unknown) => error,
  )
  ensure(ReleaseError.is(outcome), `${what} should throw a ReleaseError, and threw ${String(outcome)}`)
  return outcome as ReleaseError
}

async function isRefusedForGood(what: string, act: () => Promise<unknown>): Promise<void> {
  const { code } = await isRefused(what, act)
  ensure(code === 'adapter/rejected' || code === 'input/invalid', `${what} should be refused for good, and got ${code}`)
}

function ensure(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
