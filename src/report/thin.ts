/**
 * Leaves out points so that at most `most` remain (at least 4), always in the same way: first and last stay, and of each
 * stretch between them the lowest and the highest value, so that no spike is lost. Points without a value count as lowest.
 */
export function thin<T>(points: readonly T[], most: number, value: (point: T) => number | null): readonly T[] {
  if (points.length <= most) return points
  const stretches = Math.floor((most - 2) / 2)
  const size = (points.length - 2) / stretches
  const height = (index: number) => value(points[index]!) ?? Number.NEGATIVE_INFINITY
  const kept = new Set([0, points.length - 1])
  for (let stretch = 0; stretch < stretches; stretch++) {
    const first = 1 + Math.floor(stretch * size)
    let [lowest, highest] = [first, first]
    for (let i = first; i < 1 + Math.floor((stretch + 1) * size); i++) {
      if (height(i) < height(lowest)) lowest = i
      if (height(i) > height(highest)) highest = i
    }
    kept.add(lowest).add(highest)
  }
  return points.filter((_, index) => kept.has(index))
}
