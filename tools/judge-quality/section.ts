import type { Random } from './random.ts'

/** A goal, and what became of it. */
export interface Goal {
  readonly goal: string
  readonly measured: string
  readonly isMet: boolean
}

export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What to know when reading it. */
  readonly note?: string
}

/** What was found in one cell. */
export interface Done<Cell, Found> {
  readonly cell: Cell
  readonly runs: number
  readonly found: Found
}

/** One part of the comparison: cells that are simulated apart, perhaps in several threads, and what they say together. */
export interface Section<Cell = unknown, Found = unknown> {
  readonly name: string
  /** Plain data. */
  readonly cells: readonly Cell[]
  /** Runs of a cell at full size. */
  runs(cell: Cell): number
  /** @returns plain data */
  simulate(cell: Cell, runs: number, random: Random): Found
  report(done: readonly Done<Cell, Found>[]): { readonly tables: readonly Table[]; readonly goals: readonly Goal[] }
}
