/**
 * Text that came from outside (names, reasons, errors), made safe to show on one line: line breaks become `↵`, and control
 * and format characters (bidirectional overrides, zero-width), line separators and lone surrogates become `\u{…}`. So nothing
 * can move a cursor, turn the reading direction, or add a line that looks like ours.
 */
export function visible(text: string): string {
  return text
    .replace(/\r\n|\r|\n/g, ' ↵ ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}
