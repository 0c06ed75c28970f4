import { ExpositionError, type ExpositionFormat, parseSample, type Sample } from './parse.js'

/** What one instance exposed, as far as it was wanted. */
export interface Exposition {
  /** By name, in the order of the text; duplicates are kept. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>
  /** What the text says each metric family is: `counter`, `gauge`, `histogram`, … */
  readonly types: ReadonlyMap<string, string>
}

export interface ExpositionOptions {
  readonly format: ExpositionFormat
  /** More samples than this are refused. */
  readonly maxSeries: number
  /** Names of the samples to keep; all others are read, and forgotten. */
  readonly wanted: ReadonlySet<string>
}

/**
 * Reads an exposition in pieces, cut anywhere. Every line is checked, also those that are not wanted: half of a broken
 * text is not half of the truth. Time is linear in the text.
 */
export class ExpositionReader {
  readonly #options: ExpositionOptions
  readonly #samples = new Map<string, Sample[]>()
  readonly #types = new Map<string, string>()
  #pending = ''
  #line = 0
  #series = 0
  #ended = false

  constructor(options: ExpositionOptions) {
    this.#options = options
  }

  /** @throws ExpositionError, with the line's number */
  push(text: string): void {
    // Only the new piece is searched: a long line in many pieces must not be scanned again for each of them.
    const lines = text.split('\n')
    lines[0] = this.#pending + lines[0]
    this.#pending = lines.pop() ?? ''
    for (const line of lines) this.#read(line)
  }

  /** @throws ExpositionError when the text was cut short */
  end(): Exposition {
    if (this.#options.format === 'openmetrics') {
      if (this.#pending !== '') this.#read(this.#pending)
      if (!this.#ended) throw new ExpositionError('cut short: it has no "# EOF"')
    } else if (this.#pending.trim() !== '') throw new ExpositionError('cut short: its last line does not end')
    return { samples: this.#samples, types: this.#types }
  }

  #read(line: string): void {
    this.#line += 1
    try {
      if (this.#ended) throw new ExpositionError('text after "# EOF"')
      const text = line.trim()
      if (text.startsWith('#')) this.#readComment(text)
      else if (text !== '') this.#keep(parseSample(line, this.#options.format))
    } catch (error) {
      throw error instanceof ExpositionError ? new ExpositionError(`line ${this.#line}: ${error.message}`) : error
    }
  }

  #readComment(text: string): void {
    if (this.#options.format === 'openmetrics' && text === '# EOF') this.#ended = true
    const [, word, family = '', type = ''] = text.split(/[ \t]+/, 4)
    if (word === 'TYPE') this.#types.set(family, type)
  }

  #keep(sample: Sample): void {
    this.#series += 1
    if (this.#series > this.#options.maxSeries) throw new ExpositionError(`more than ${this.#options.maxSeries} series`)
    if (!this.#options.wanted.has(sample.name)) return
    const same = this.#samples.get(sample.name)
    if (same === undefined) this.#samples.set(sample.name, [sample])
    else same.push(sample)
  }
}
