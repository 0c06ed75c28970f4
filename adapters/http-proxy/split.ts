import { createHash } from 'node:crypto'
import type { Route } from '../../src/ports/traffic-router.js'

const whole = 10_000

/** Who gets what share. The two shares always sum to 10,000 basis points; one without a version is answered with 503. */
export interface Split {
  readonly stable?: string
  readonly canary?: string
  readonly canaryBasisPoints: number
}

/** Before the first release: nothing was live. */
export const nothing: Split = { canaryBasisPoints: 0 }

/** The versions that get traffic. */
export function liveVersions({ stable, canary, canaryBasisPoints }: Split): string[] {
  const live = [canaryBasisPoints > 0 && canary, canaryBasisPoints < whole && stable]
  return live.filter((version) => typeof version === 'string')
}

/** The canary's share in percent, when the route's two versions get everything; `'unknown'` when somebody else gets a part. */
export function weightOf(split: Split, route: Route): number | 'unknown' {
  const shareOf = (version?: string) =>
    (version === split.canary ? split.canaryBasisPoints : 0) + (version === split.stable ? whole - split.canaryBasisPoints : 0)
  const canary = shareOf(route.canary)
  return canary + shareOf(route.stable) === whole ? canary / 100 : 'unknown'
}

/** @param draw - uniform in [0, 1): 0 % never draws the canary, 100 % always does */
export function versionFor(split: Split, draw: number): string | undefined {
  return draw * whole < split.canaryBasisPoints ? split.canary : split.stable
}

/**
 * Draws for requests without a key: multiples of the golden ratio modulo 1, in 32 bits. Of any n requests in a row, the share
 * is off by about log n requests at most, not by √n as with random draws; and unlike a counter it does not fall into step
 * with clients that send requests in a rhythm, such as a page and then its image.
 *
 * @see D. E. Knuth, The Art of Computer Programming, volume 3, section 6.4 (multiplicative hashing, theorem S)
 */
export function goldenDraws(): () => number {
  let multiple = 0
  return () => {
    multiple = (multiple + 0x9e3779b9) >>> 0
    return multiple / 2 ** 32
  }
}

/**
 * The same draw for the same key during one release, so that a rising weight only moves users from stable to canary, and a
 * falling one moves them back. Salted with the canary, or the same users would go first in every release.
 */
export function keyedDraw(canary: string, key: string): number {
  return createHash('sha256').update(`${canary}\n${key}`).digest().readUInt32BE() / 2 ** 32
}
