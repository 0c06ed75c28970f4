import type { HeldElsewhere, HeldLease, Lease } from '../../ports/lease.js'
import { ReleaseError } from '../../vocabulary/errors.js'
import { call, ensure, givenUp, isRefused, type Law, lawsOf, shown } from './law.js'

/** Leases to try. Nobody holds any. */
export interface LeaseSubject {
  readonly lease: Lease
  /** The same product, as another process sees it. */
  readonly other: Lease
  /** Makes whoever holds the lease of a release lose it: their connection breaks, or they sleep for too long. */
  readonly expire?: (release: string) => void | Promise<void>
}

const law = lawsOf<LeaseSubject>()

/** What every adapter of `Lease` obeys. */
export const leaseLaws: readonly Law<LeaseSubject>[] = [
  law('LE1', 'a free lease is given, with a fencing token', [], async ({ lease }) => {
    const { fencingToken, lost, release } = await gets(lease, 'a')
    ensure(Number.isSafeInteger(fencingToken), `the fencing token is ${fencingToken}`)
    ensure(!lost.aborted, 'it is lost already')
    await release()
  }),

  law('LE2', 'while somebody holds it, nobody else does: they are told who, and do not wait', [], async ({ lease, other }) => {
    const held = await gets(lease, 'a')
    const { heldBy, sinceAt } = await isHeld(other, 'a')
    ensure(heldBy.trim() !== '' && Number.isFinite(sinceAt), `it is held by ${shown(heldBy)} since ${sinceAt}`)
    await isHeld(lease, 'a')
    ensure(!held.lost.aborted, 'who holds it lost it to somebody who asked')
    await held.release()
  }),

  law('LE3', 'once it is released, the next one gets it with a higher fencing token', [], async ({ lease, other }) => {
    const tokens: number[] = []
    for (const taker of [lease, other, other, lease]) {
      const { fencingToken, release } = await gets(taker, 'a')
      tokens.push(fencingToken)
      await release()
    }
    ensure(
      tokens.every((token, i) => i === 0 || token > tokens[i - 1]!),
      `the tokens were ${tokens.join(', ')}`,
    )
  }),

  law('LE4', 'leases of different releases are held by different processes', [], async ({ lease, other }) => {
    const a = await gets(lease, 'a')
    const b = await gets(other, 'b')
    await a.release()
    await isHeld(lease, 'b')
    await b.release()
  }),

  law('LE5', 'of many who try at the same time, one gets it', [], async ({ lease, other }) => {
    const tries = await Promise.all(Array.from({ length: 10 }, (_, i) => attempt(i % 2 ? lease : other, 'a')))
    const held = tries.filter((one) => 'release' in one)
    ensure(held.length === 1, `${held.length} got it`)
    await held[0]!.release()
  }),

  law('LE6', 'releasing it again takes it from nobody', [], async ({ lease, other }) => {
    const first = await gets(lease, 'a')
    await first.release()
    const second = await gets(other, 'a')
    await first.release()
    ensure(!second.lost.aborted, 'the next owner lost it')
    await isHeld(lease, 'a')
    await second.release()
  }),

  law('LE7', 'a try that was given up before it began holds nothing', [], async ({ lease, other }) => {
    await isRefused('it', () => lease.acquire('a', { signal: givenUp().signal }))
    const held = await gets(other, 'a')
    await held.release()
  }),

  law('LE8', 'giving it back is not losing it', [], async ({ lease }) => {
    const held = await gets(lease, 'a')
    await held.release()
    ensure(!held.lost.aborted, 'it said that the lease was lost')
  }),

  law('LE9', 'what nobody holds is vacant, and what somebody holds is not', [], async ({ lease, other }) => {
    const held = await gets(lease, 'b')
    for (const process of [lease, other]) await isVacant(process, 'a,c')
    await held.release()
    for (const process of [lease, other]) await isVacant(process, 'a,b,c')
  }),

  law('LE10', 'who loses it is told, and the next one gets it with a higher fencing token', ['expire'], async (subject) => {
    const { lease, other, expire } = subject
    const first = await gets(lease, 'a')
    const told = new Promise<void>((resolve) => first.lost.addEventListener('abort', () => resolve()))
    await expire('a')
    await told
    const second = await gets(other, 'a')
    ensure(second.fencingToken > first.fencingToken, `after ${first.fencingToken} came ${second.fencingToken}`)
    await first
      .release()
      .catch((error: unknown) => ensure(ReleaseError.is(error), `releasing what was lost threw ${String(error)}`))
    await isHeld(lease, 'a')
    await second.release()
  }),
]

const attempt = (lease: Lease, release: string) => lease.acquire(release, { signal: call().signal })

async function gets(lease: Lease, release: string): Promise<HeldLease> {
  const held = await attempt(lease, release)
  ensure('release' in held, `the lease of "${release}" is free, and was not given: ${shown(held)}`)
  return held
}

async function isHeld(lease: Lease, release: string): Promise<HeldElsewhere> {
  const held = await attempt(lease, release)
  ensure('heldBy' in held, `two hold the lease of "${release}"`)
  return held
}

async function isVacant(lease: Lease, expected: string): Promise<void> {
  const vacant = [...(await lease.vacant(['a', 'b', 'c']))].sort().join()
  ensure(vacant === expected, `of a, b and c, ${expected} should be vacant, and ${vacant} is`)
}
