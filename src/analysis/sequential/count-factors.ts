/** What both cohorts did in one interval: requests (or exposure), and how many of them were bad. Need not be whole. */
export interface Counts {
  readonly controlTotal: number
  readonly controlBad: number
  readonly canaryTotal: number
  readonly canaryBad: number
}

/** The canary's rate may be `relative` times the control's, plus `absolute`. `relative: 0` is an objective without control. */
export interface Margin {
  readonly relative: number
  readonly absolute: number
}

/**
 * Multipliers of wealth at one node: for each bad canary request, for each bad control request.
 * @param logNode - its logarithm, for callers who have it
 */
export function countFactors(
  { controlTotal, canaryTotal }: Counts,
  relative: number,
  node: number,
  logNode: number = Math.log(node),
) {
  if (relative === 0) return { canary: node, logCanary: logNode, logControl: 0 }
  const atNull = controlTotal + relative * canaryTotal
  const ratio = atNull / (controlTotal + relative * canaryTotal * node)
  const logControl = Math.log(ratio)
  return { canary: node * ratio, logCanary: logNode + logControl, logControl }
}
