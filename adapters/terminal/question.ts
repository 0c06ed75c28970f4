import type { ApprovalAnswer, ApprovalRequest } from '../../src/ports/approver.js'

/**
 * What is asked, with every text made safe to show: names and paragraphs come from plans and artifacts, and must not be
 * able to move the cursor, turn the reading direction or add a line that looks like ours.
 */
export function questionText({ release, planHash, gate, artifacts, says, expiresAt }: ApprovalRequest, number: number): string {
  const row = (name: string, value: string) => `  ${name.padEnd(10)}${printable(value)}\n`
  return [
    `\nQuestion ${number}: ${printable(says)}\n`,
    row('release', release),
    row('gate', gate),
    ...Object.entries(artifacts).map(([unit, build]) =>
      row('artifact', `${unit} ${build.version} ${build.digest ?? '(no digest)'}`),
    ),
    row('plan', planHash),
    row('expires', new Date(expiresAt).toISOString()),
  ].join('')
}

/** Control and format characters (bidirectional overrides, zero-width), line separators and lone surrogates as `\u{…}`. */
const printable = (text: string) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)

/**
 * The number ties a line to its question: an answer typed while one question is withdrawn and the next one appears must not
 * become an answer to the wrong one. A rejection says why. Everything else is no answer.
 */
export function parseAnswer(line: string, number: number): Pick<ApprovalAnswer, 'decision' | 'reason'> | undefined {
  const [word = '', digits, ...rest] = line.trim().split(/\s+/)
  const decision = word.toLowerCase()
  const reason = printable(rest.join(' '))
  if (digits !== String(number)) return undefined
  if (decision === 'approve') return { decision, reason }
  return decision === 'reject' && reason !== '' ? { decision, reason } : undefined
}
