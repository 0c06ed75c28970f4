import type { Tone } from './fact.js'

/** A part of a line, and how it is shown. */
export type Span = string | readonly [style: Tone | 'bold' | 'dim', text: string]

const codes = { plain: '', good: '32', warn: '33', bad: '31', bold: '1', dim: '2' } as const
const csi = '\u001b['

export function paint(spans: readonly Span[], color: boolean): string {
  return spans
    .map((span) => {
      if (typeof span === 'string') return span
      const [style, text] = span
      return color && codes[style] !== '' && text !== '' ? `${csi}${codes[style]}m${text}${csi}0m` : text
    })
    .join('')
}

const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u

/** Cuts a line so that it fits, with `…` at the end; East Asian characters and emoji take two columns. */
export function shorten(spans: readonly Span[], columns: number): Span[] {
  let left = columns - 1
  const kept: Span[] = []
  for (const span of spans) {
    const [style, text] = typeof span === 'string' ? (['plain', span] as const) : span
    const characters = [...text]
    const end = characters.findIndex((character) => {
      left -= wide.test(character) ? 2 : /\p{M}/u.test(character) ? 0 : 1
      return left < 0
    })
    if (end >= 0) return [...kept, [style, `${characters.slice(0, end).join('')}…`]]
    kept.push(span)
  }
  return kept
}

/** Lines that stay, and below them a region that is drawn again in place. */
export class Screen {
  #height = 0

  /** The text that prints `lines` for good, and the region anew below them. */
  update(lines: readonly string[], region: readonly string[]): string {
    const up = this.#height > 0 ? `${csi}${this.#height}F` : ''
    this.#height = region.length
    // Without wrapping, a line that is wider than we think cannot push the region out of place.
    const drawn = region.length > 0 ? `${csi}?7l${region.map((line) => `${line}\n`).join('')}${csi}?7h` : ''
    return `${up}${csi}J${lines.map((line) => `${line}\n`).join('')}${drawn}`
  }
}
