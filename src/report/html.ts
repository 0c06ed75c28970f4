import { visible } from './visible.js'

/** Text that is HTML already. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | false | null | undefined | readonly Part[]

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function render(part: Part): string {
  if (part instanceof Markup) return part.text
  if (Array.isArray(part)) return part.map(render).join('')
  if (part === false || part === null || part === undefined) return ''
  return visible(String(part)).replace(/[&<>"']/g, (character) => entities[character]!)
}

/** A template in which every value is escaped, for elements and quoted attributes alike; only other markup stays as it is. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, i) => text + render(parts[i])).join(''))
}

/** JSON over several lines, which `visible` would put on one. */
export function htmlJson(value: unknown): Markup {
  const lines = JSON.stringify(value, null, 2).split('\n')
  return html`<pre tabindex="0">${lines.map((line) => html`${line}${new Markup('\n')}`)}</pre>`
}
