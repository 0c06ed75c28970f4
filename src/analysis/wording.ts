/** A count for people: whole, in groups of three, such as `41,200`. The same on every machine, unlike `toLocaleString`. */
export function sayCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A number for people, to four digits, with its unit where it has one: `812.4 ms`. */
export function sayNumber(value: number, unit = ''): string {
  const rounded = Number(value.toPrecision(4))
  const text = Math.abs(rounded) >= 1_000 && Math.abs(rounded) < 1e15 ? sayCount(rounded) : String(rounded)
  return unit === '' ? text : `${text} ${unit}`
}

/** A fraction for people, in percent to four digits: `1.25 %`. */
export function sayPercent(fraction: number): string {
  return sayNumber(fraction * 100, '%')
}
