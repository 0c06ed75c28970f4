/** A source of random numbers, the only kind that judges and simulations accept: passed in, seeded, the same on every machine. */
export interface RandomSource {
  /** Uniform whole number, 0 to 2³² − 1. */
  uint32(): number
  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number
}

/**
 * xoshiro128**: fast, period 2¹²⁸ − 1, 32-bit arithmetic only. Not for secrets.
 *
 * @param seed - a whole number, of which the low 32 bits count, spread over the state by SplitMix32;
 *   or the four words of the state themselves, not all zero
 * @see D. Blackman, S. Vigna (2021), ACM Trans. Math. Softw. 47(4), article 36. doi:10.1145/3460772
 */
export function xoshiro128(seed: number | readonly [number, number, number, number]): RandomSource {
  let [a, b, c, d] = typeof seed === 'number' ? spread(seed) : seed
  const uint32 = () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotateLeft(d, 11)
    return result
  }
  return { uint32, uniform: () => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) / 2 ** 53 }
}

const rotateLeft = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits))

/** SplitMix32: four well-mixed words from one, never all zero. */
function spread(seed: number): [number, number, number, number] {
  let state = seed | 0
  const word = () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return mixed ^ (mixed >>> 15)
  }
  return [word(), word(), word(), word()]
}
