import { hash } from 'node:crypto'

/**
 * Names that are taken for ever, at 8 bytes each: their hashes. Among a million of them, a free name is taken for one of them
 * with a chance below one in a billion.
 */
export class NameSet {
  #sorted = new Float64Array()
  #fresh: number[] = []

  get size(): number {
    return this.#sorted.length + this.#fresh.length
  }

  add(names: readonly string[]): void {
    for (const name of names) this.#fresh.push(fingerprint(name))
  }

  has(name: string): boolean {
    if (this.#fresh.length > 0) {
      const all = new Float64Array(this.size)
      all.set(this.#sorted)
      all.set(this.#fresh, this.#sorted.length)
      this.#sorted = all.sort()
      this.#fresh = []
    }
    const wanted = fingerprint(name)
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#sorted[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return this.#sorted[low] === wanted
  }
}

/** The first 52 bits of the SHA-256: as many as a number holds exactly. */
const fingerprint = (name: string): number => Number.parseInt(hash('sha256', name).slice(0, 13), 16)
