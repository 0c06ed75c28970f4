/** ln Σ exp(valuesᵢ) without overflow or underflow; `-Infinity` for no values. */
export function logSumExp(values: readonly number[]): number {
  let largest = Number.NEGATIVE_INFINITY
  for (const value of values) if (value > largest) largest = value
  if (largest === Number.NEGATIVE_INFINITY) return largest
  let sum = 0
  for (const value of values) sum += Math.exp(value - largest)
  return largest + Math.log(sum)
}

/** ln of the mean of exp(valuesᵢ): the log of an average of e-values, which is an e-value again. */
export const logMeanExp = (values: readonly number[]): number => logSumExp(values) - Math.log(values.length)
