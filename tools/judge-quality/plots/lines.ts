import type { Axis, Line } from '../svg.ts'

export const minutes = (last: number): Axis => ({
  title: 'minutes',
  ticks: [0, 1, 2, 3, 4, 5, 6].map((part) => (part * last) / 6),
})

/** A line across a plot whose axis begins at 0. */
export const limit = (name: string, at: number, last: number): Line => ({
  name,
  points: [
    [0, at],
    [last, at],
  ],
  isDashed: true,
})
