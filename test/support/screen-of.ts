const esc = '\u001b'
/** Escape sequences, line feeds, and what stands between them. */
const tokens = new RegExp(`${esc}\\[\\??(\\d*)([A-Za-z])|\\n|[^${esc}\\n]+|${esc}`, 'g')

/**
 * What a terminal would show after this text: enough of one for line feeds, cursor up, erase below and colours.
 * @throws Error for any other control character, which is how something hostile would look
 */
export function screenOf(text: string): string[] {
  const lines = ['']
  let row = 0
  for (const [token, count, command] of text.matchAll(tokens)) {
    if (token === '\n') {
      row++
      lines[row] ??= ''
    } else if (command === 'F') row -= Number(count)
    else if (command === 'J') lines.splice(row, lines.length, '')
    else if (command === undefined) {
      if (/\p{Cc}|\p{Cf}/u.test(token)) throw new Error(`a control character got through: ${JSON.stringify(token)}`)
      lines[row] += token
    } else if (!['m', 'h', 'l'].includes(command)) throw new Error(`an escape sequence got through: ${JSON.stringify(token)}`)
  }
  return lines
}
