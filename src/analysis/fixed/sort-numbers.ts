/** The upper half of each float64, in 32-bit words. */
const upperWord = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0
const digitBits = 11
const digits = 1 << digitBits
/** Below this the built-in sort wins (measured). */
const fewest = 1_000
/** So many are sorted by insertion, which is a quarter of the price of a call of the built-in sort. */
const longestInsertion = 24

/**
 * The same numbers ascending; `values`, free of NaN, is used up. A radix sort of the upper 32 bits (sign, exponent and 20 bits of the fraction, in
 * three passes of 11 bits), after which only neighbours can be out of order. Four times as fast as `Float64Array.sort` at 10⁶.
 */
export function sortNumbers(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  if (values.length <= longestInsertion) return insertionSort(values, 0, values.length)
  if (values.length < fewest) return values.sort()
  let from = values
  let to = new Float64Array(values.length)
  const starts = digitStarts(values)
  for (const [pass, start] of starts.entries()) {
    scatter(from, to, start, pass * digitBits)
    ;[from, to] = [to, from]
  }
  settleNeighbours(from)
  return from
}

/** Orders the upper words as the numbers they stand for: negative ones fall, positive ones rise above them. */
const ordered = (word: number) => word ^ ((word >> 31) | 0x8000_0000)

/** For each pass, how many numbers come before those with each digit. */
function digitStarts(values: Float64Array<ArrayBuffer>): Uint32Array[] {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  const [low, middle, high] = [new Uint32Array(digits), new Uint32Array(digits), new Uint32Array(digits)] as const
  for (let i = upperWord; i < words.length; i += 2) {
    const key = ordered(words[i]!)
    low[key & (digits - 1)]!++
    middle[(key >>> digitBits) & (digits - 1)]!++
    high[key >>> (2 * digitBits)]!++
  }
  for (const counts of [low, middle, high]) {
    let before = 0
    for (let digit = 0; digit < digits; digit++) {
      const count = counts[digit]!
      counts[digit] = before
      before += count
    }
  }
  return [low, middle, high]
}

function scatter(from: Float64Array<ArrayBuffer>, to: Float64Array<ArrayBuffer>, next: Uint32Array, shift: number): void {
  const words = new Int32Array(from.buffer, from.byteOffset, from.length * 2)
  for (let i = 0, word = upperWord; i < from.length; i++, word += 2) {
    const digit = (ordered(words[word]!) >>> shift) & (digits - 1)
    to[next[digit]!++] = from[i]!
  }
}

/** Sorts each run of numbers that share their upper word. */
function settleNeighbours(values: Float64Array<ArrayBuffer>): void {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  for (let first = 0, end = 1; first < values.length; first = end++) {
    const word = words[2 * first + upperWord]!
    while (end < values.length && words[2 * end + upperWord] === word) end++
    if (end - first <= longestInsertion) insertionSort(values, first, end)
    else if (!isConstant(values, first, end)) values.subarray(first, end).sort()
  }
}

/** Long runs are mostly rounded values, all alike. */
function isConstant(values: Float64Array<ArrayBuffer>, first: number, end: number): boolean {
  let i = first + 1
  while (i < end && values[i] === values[first]) i++
  return i === end
}

function insertionSort(values: Float64Array<ArrayBuffer>, first: number, end: number) {
  for (let i = first + 1; i < end; i++) {
    const value = values[i]!
    let slot = i
    for (; slot > first && values[slot - 1]! > value; slot--) values[slot] = values[slot - 1]!
    values[slot] = value
  }
  return values
}
