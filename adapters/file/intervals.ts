/** Record numbers, as sorted pairs `[from, to]`, both inclusive; neighbours are one pair. */
export type Intervals = readonly (readonly [from: number, to: number])[]

export function unite(...lists: Intervals[]): Intervals {
  const united: [number, number][] = []
  for (const [from, to] of lists.flat().sort(([a], [b]) => a - b)) {
    const last = united.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else united.push([from, to])
  }
  return united
}

/** What is in `all` and not in `some`. */
export function subtract(all: Intervals, some: Intervals): Intervals {
  const left: [number, number][] = []
  let next = 0
  for (let [from, to] of all) {
    while ((some[next]?.[1] ?? Number.POSITIVE_INFINITY) < from) next++
    for (let i = next; from <= to; i++) {
      const [start, end] = some[i] ?? [to + 1, to + 1]
      if (from < start) left.push([from, Math.min(to, start - 1)])
      from = Math.max(from, end + 1)
    }
  }
  return left
}

export const overlap = (all: Intervals, from: number, to: number): boolean => all.some(([a, b]) => a <= to && from <= b)
