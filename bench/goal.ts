export type Bound = { readonly atLeast: number } | { readonly atMost: number }

/** One line of the table that `bench/main.ts` ends with. */
export interface Goal {
  readonly what: string
  readonly measured: string
  readonly asked: string
  readonly isMet: boolean
}

/** What a line begins with that says how a goal was met; the rest is its JSON. */
export const goalMark = 'goal '

/** Prints what was asked for and what was measured, for people and for the table at the end. */
export function goal(what: string, measured: number, bound: Bound, unit = '') {
  const text = (value: number) => `${Number(value.toPrecision(3)).toLocaleString('en')}${unit && ` ${unit}`}`
  const [asked, isMet] =
    'atLeast' in bound
      ? [`≥ ${text(bound.atLeast)}`, measured >= bound.atLeast]
      : [`≤ ${text(bound.atMost)}`, measured <= bound.atMost]
  console.log(goalMark + JSON.stringify({ what, measured: text(measured), asked, isMet } satisfies Goal))
}

export const median = (values: readonly number[]) => quantile(values, 0.5)

/** @param share - 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** Whole numbers with their thousands apart. */
export const whole = (value: number) => Math.round(value).toLocaleString('en')
