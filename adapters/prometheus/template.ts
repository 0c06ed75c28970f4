/** What stands for what in a query. `interval` is in milliseconds. */
export interface Values {
  readonly version: string
  readonly unit: string
  readonly interval: number
}

/** PromQL as far as it matters here: quoted texts, comments, and everything else. The last one is a quote without its partner. */
const token = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`|#[^\n]*|[^"'`#]+|["'`]/g
const placeholder = /\$(version|unit)\b/g

/**
 * Why a text is no template; `undefined` for a good one. Versions and units may only stand in quoted texts, where they can be
 * escaped, and the interval only outside of them.
 */
export function templateFlaw(text: string, needed: readonly ('version' | 'interval')[]): string | undefined {
  const found = new Set<string>()
  for (const [piece] of text.matchAll(token)) {
    if (/^["'`]$/.test(piece)) return `${piece} is not closed`
    if (piece.startsWith('#')) continue
    const isText = /^["'`]/.test(piece)
    const names = [...piece.matchAll(/\$(\w*)/g)].map(([, name = '']) => name)
    const wrong = isText
      ? piece.startsWith('`') && piece.match(placeholder)?.[0].slice(1)
      : names.find((name) => name !== 'interval')
    if (typeof wrong === 'string')
      return `"$${wrong}" cannot stand there. Write "$version" and "$unit" inside of double quotes, and $interval in brackets`
    for (const name of names) if ((name === 'interval') !== isText) found.add(name)
  }
  const absent = needed.find((name) => !found.has(name))
  if (absent === 'version') return 'it does not contain "$version", so canary and stable would be the same series'
  if (absent === 'interval')
    return 'it does not contain $interval, so it would count more or less than the interval that is judged'
  return undefined
}

/** The text with its values, without its comments. In a pattern (`=~`) a version stands for itself, dots and all. */
export function fillTemplate(text: string, values: Values): string {
  let before = ''
  return text.replace(token, (piece) => {
    const isPattern = /[=!]~\s*$/.test(before)
    before = piece
    if (piece.startsWith('#')) return ' '
    if (!/^["']/.test(piece)) return piece.replace(/\$interval\b/g, `${values.interval}ms`)
    return piece.replace(placeholder, (_, name: 'version' | 'unit') => escaped(isPattern ? literal(values[name]) : values[name]))
  })
}

/** The placeholders of a label's text. */
export const fillText = (text: string, values: Values) => text.replace(placeholder, (_, name: 'version' | 'unit') => values[name])

/** For the inside of a quoted text of PromQL, in either kind of quotes. */
export const escaped = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must not stay as they are
  text.replace(/[\\"'\u0000-\u001f]/g, (char) =>
    char === '\\' ? '\\\\' : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )

/** A pattern of RE2 that matches this text and nothing else. */
export const literal = (text: string) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
