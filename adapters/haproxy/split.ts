/** HAProxy's weights are whole numbers from 0 to this one. */
const heaviest = 256

/** Weights count in parts of the whole: with 200 every half percent is exact, and two single servers can still hold them all. */
const wholeParts = 200

export const smallestStepPercent = 100 / wholeParts

/**
 * Weights for every server, so that the canary's servers together have exactly `weightPercent` of the sum, however many there
 * are on each side; on a side they differ by 1 at most. As heavy as possible, so that each server gets some.
 *
 * @param weightPercent - a multiple of {@link smallestStepPercent}; a side that gets something must have a server
 */
export function weightsFor(weightPercent: number, canary: readonly string[], stable: readonly string[]) {
  const canaryParts = Math.round(weightPercent / smallestStepPercent)
  const stableParts = wholeParts - canaryParts
  const room = (servers: readonly string[], parts: number) =>
    parts === 0 ? Number.POSITIVE_INFINITY : (servers.length * heaviest) / parts
  const weightOfPart = Math.floor(Math.min(room(canary, canaryParts), room(stable, stableParts)))
  return { canary: spread(canary, canaryParts * weightOfPart), stable: spread(stable, stableParts * weightOfPart) }
}

function spread(servers: readonly string[], sum: number): [server: string, weight: number][] {
  const least = Math.floor(sum / servers.length)
  return servers.map((server, i) => [server, least + (i < sum % servers.length ? 1 : 0)])
}
