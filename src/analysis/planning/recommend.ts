import { type Detection, type DetectionQuestion, detection } from './detection.js'

/** What is to be seen, at a weight still to be chosen. */
export type WeightlessQuestion = Omit<DetectionQuestion, 'weightPercent'>

/** Larger weights hurt more users without being much faster: at 50 % a regression fails twice the requests before it is seen. */
const largestPercent = 20

/** The smallest whole percentage, at most 20, at which a step this long is enough; `undefined` when none is. */
export function recommendWeight(question: WeightlessQuestion, durationMs: number): number | undefined {
  for (let weightPercent = 1; weightPercent <= largestPercent; weightPercent++)
    if (detection({ ...question, weightPercent }).enough.durationMs <= durationMs) return weightPercent
  return undefined
}

export interface RecommendedStep {
  readonly weightPercent: number
  /** Long enough to see the regression with the power asked for, in whole looks. */
  readonly durationMs: number
  /** Failed canary requests until a regression is seen, on average and with that power: the blast radius. */
  readonly blastRadius: Pick<Detection, 'mean' | 'enough'>
}

/**
 * How long to bake at each weight, without the weights that would take longer than `longestMs`. Each step is enough by
 * itself: a test that keeps its evidence across steps needs less.
 */
export function recommendSteps(
  question: WeightlessQuestion,
  longestMs: number,
  weightsPercent: readonly number[] = [1, 2, 5, 10, 20, 50],
): readonly RecommendedStep[] {
  return weightsPercent
    .map((weightPercent) => ({ weightPercent, ...detection({ ...question, weightPercent }) }))
    .filter(({ enough }) => enough.durationMs <= longestMs)
    .map(({ weightPercent, mean, enough }) => ({ weightPercent, durationMs: enough.durationMs, blastRadius: { mean, enough } }))
}
