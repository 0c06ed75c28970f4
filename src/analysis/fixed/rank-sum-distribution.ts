/**
 * The exact null distribution of a rank sum: every choice of `chosen` of the ranks is equally likely. Ties are welcome, as
 * equal ranks. A dynamic programme over the ranks, in at most `ranks · chosen · (largest sum)` additions of positive numbers,
 * so that even the smallest tail keeps its digits.
 *
 * @param ranks - whole numbers of at least 0; double mid-ranks to make them whole
 * @returns `ways[s]`: how many choices have the sum `s`. The total, C(ranks, chosen), stays finite up to 1,000 ranks.
 */
export function rankSumDistribution(ranks: ArrayLike<number>, chosen: number): Float64Array {
  const largest = Float64Array.from(ranks)
    .sort()
    .slice(ranks.length - chosen)
    .reduce((sum, rank) => sum + rank, 0)
  const ways = Array.from({ length: chosen + 1 }, () => new Float64Array(largest + 1))
  ways[0]![0] = 1
  let reach = 0
  for (let i = 0; i < ranks.length; i++) {
    const rank = ranks[i]!
    reach = Math.min(largest, reach + rank)
    for (let count = Math.min(chosen, i + 1); count >= 1; count--) {
      const [without, withIt] = [ways[count - 1]!, ways[count]!]
      for (let sum = reach; sum >= rank; sum--) withIt[sum]! += without[sum - rank]!
    }
  }
  return ways[chosen]!
}
