/** −ln of what added to 1 leaves a double as it was. */
const negligible = 38

/** `-Infinity` for no values. */
export function largest(values: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) if (values[i]! > most) most = values[i]!
  return most
}

/** ln Σ exp(valuesᵢ) without overflow or underflow; `-Infinity` for no values. */
export function logSumExp(values: readonly number[]): number {
  const most = largest(values)
  if (most === Number.NEGATIVE_INFINITY) return most
  let sum = 0
  // Negated, so that NaN is not passed over.
  for (let i = 0; i < values.length; i++) if (!(values[i]! < most - negligible)) sum += Math.exp(values[i]! - most)
  return most + Math.log(sum)
}

/** ln of the mean of exp(valuesᵢ): the log of an average of e-values, which is an e-value again. */
export const logMeanExp = (values: readonly number[]): number => logSumExp(values) - Math.log(values.length)
