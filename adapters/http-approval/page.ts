import type { Artifact } from '../../src/vocabulary/artifact.js'
import type { Claims } from './token.js'

/** No script, no picture, no frame, no cache, and no address of ours in anybody's log. */
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
}

/** What is about to be answered; acts only when its form is sent, since mail scanners and previews open every link. */
export function questionPage(
  { release, gate, planHash, decision, actor, expiresAt }: Claims,
  shown: {
    readonly artifacts: Readonly<Record<string, Artifact>>
    readonly token: string
    readonly action: string
    readonly lacksReason?: boolean
  },
): Response {
  const builds = Object.entries(shown.artifacts).map(
    ([unit, { version, digest }]) => html`<dt>artifact</dt><dd>${unit} ${version} ${digest ?? '(no digest)'}</dd>`,
  )
  const isRejection = decision === 'reject'
  const hint = shown.lacksReason ? html`<p role="alert">Say why.</p>` : raw('')
  return page(
    shown.lacksReason ? 422 : 200,
    `${isRejection ? 'Reject' : 'Approve'} ${release}?`,
    html`<dl><dt>release</dt><dd>${release}</dd><dt>gate</dt><dd>${gate}</dd>${raw(builds.join(''))}<dt>plan</dt><dd>${planHash}</dd>
<dt>as</dt><dd>${actor.id}</dd><dt>expires</dt><dd>${new Date(expiresAt).toISOString()}</dd></dl>${hint}
<form method="post" action="${shown.action}"><input type="hidden" name="token" value="${shown.token}">
<p><label>Reason<br><textarea name="reason" maxlength="1000" rows="3" cols="60"${raw(isRejection ? ' required' : '')}></textarea></label></p>
<p><button>${isRejection ? 'Reject' : 'Approve'}</button></p></form>`,
  )
}

/** @param status - of HTTP */
export function plainPage(status: number, title: string, says: string): Response {
  return page(status, title, html`<p>${says}</p>`)
}

function page(status: number, title: string, body: Raw): Response {
  const document = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}dd{overflow-wrap:anywhere}</style>
</head><body><h1>${title}</h1>${body}</body></html>`
  return new Response(String(document), { status, headers })
}

/** Text that is HTML already. */
class Raw {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text
  }
}
const raw = (text: string) => new Raw(text)

/** Everything filled in is text, unless it is `Raw`. */
const html = (strings: TemplateStringsArray, ...values: readonly (string | Raw)[]): Raw =>
  raw(String.raw({ raw: strings }, ...values.map((value) => (value instanceof Raw ? value : escapeHtml(value)))))

/** Markup becomes text; control and format characters (bidirectional overrides, zero-width) are spelt out. */
const escapeHtml = (text: string) =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
    .replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
